"""Judge again: read kept raw messages with today's rules, and let what comes out take effect.

Events stay on record as they were.  One whose verdict is another today is superseded by a new one
that takes its place in the order of decisions, and each address is decided on anew from there.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, Select, func, select

from bounced.model import Envelope, Kind, Report, Trust
from bounced.notice import Topic
from bounced.policy import Decision, Policies
from bounced.store import incidents, outbox, redo, rows, sent, storms
from bounced.store.down import corrected
from bounced.store.facts import Fact, of_message
from bounced.store.incidents import Incident
from bounced.store.judge import Entry
from bounced.store.notices import of_incidents, of_storms
from bounced.store.outage import Foresight, foresee
from bounced.store.recall import POSITION
from bounced.store.retract import take_back
from bounced.store.review import review
from bounced.store.schema import events, messages, raw_messages, reports
from bounced.store.state import Place
from bounced.store.storms import Storm
from bounced.store.values import Incoming
from bounced.store.write import write

PAGE: Final = 100
_OURS: Final = ("report", "rejudge")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A message as it was kept, to be read again."""

    raw: bytes
    envelope: Envelope
    received_at: datetime
    fingerprint: str
    queue_id: str
    source: str
    peer: str
    stream: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one message says of one address otherwise today; ``None`` where it says nothing."""

    queue_id: str
    before: Fact | None
    after: Fact | None


class Changes(NamedTuple):
    """What judging messages again changes: how many were read, what they say, the states."""

    read: int
    told: list[Change]
    decisions: list[Decision]


class _Pair(NamedTuple):
    """An event that was, its place in the order, and the fact that stands for it today."""

    id: int | None
    position: int
    before: Fact | None
    after: Fact | None


class _Line(NamedTuple):
    """A pair, and the message and report that it is from."""

    message_id: int
    report: Report
    pair: _Pair


def scan(
    connection: Connection, after: int, since: datetime | None, read: Callable[[Kept], Incoming]
) -> tuple[list[int], list[int]]:
    """Read the next messages behind the id *after* again; changes nothing.

    Returns the ids of all that were read, and of those that say something else today.
    """
    query = _messages().where(messages.c.id > after).order_by(messages.c.id).limit(PAGE)
    if since is not None:
        query = query.where(messages.c.received_at >= since)
    found = list(connection.execute(query))
    others = [row.id for row in found if _differs(connection, row, read)]
    return [row.id for row in found], others


def rejudge(
    connection: Connection,
    ids: Sequence[int],
    read: Callable[[Kept], Incoming],
    policies: Policies,
    now: datetime,
) -> Changes:
    """Judge the messages *ids* again."""
    told: list[Change] = []
    lines: list[_Line] = []
    for row in _chosen(connection, ids):
        incoming = _read(connection, row, read)
        if incoming is None:
            continue
        pairs = list(_pairs(connection, row.id, of_message(incoming)))
        _reread(connection, row.id, incoming)
        told += (Change(queue_id=row.queue_id, before=a, after=b) for _, _, a, b in pairs)
        lines += (_Line(row.id, incoming.reading.report, pair) for pair in pairs)
    first = _supersede(connection, lines, policies, now)
    decisions = redo.revise_all(
        connection, first, policies, now=now, origin="rejudge", why="judged again"
    )
    return Changes(0, told, decisions)


def _chosen(connection: Connection, ids: Sequence[int]) -> Iterator[Row[Any]]:
    for start in range(0, len(ids), PAGE):
        some = _messages().where(messages.c.id.in_(ids[start : start + PAGE]))
        yield from connection.execute(some.order_by(messages.c.id)).all()


def _differs(connection: Connection, row: Row[Any], read: Callable[[Kept], Incoming]) -> bool:
    incoming = _read(connection, row, read)
    if incoming is None:
        return False
    if incoming.reading.report.kind is not Kind(row.kind):
        return True
    return next(_pairs(connection, row.id, of_message(incoming)), None) is not None


def _messages() -> Select[Any]:
    return select(messages, raw_messages.c.zlib).join(
        raw_messages, raw_messages.c.message_id == messages.c.id
    )


def _read(
    connection: Connection, row: Row[Any], read: Callable[[Kept], Incoming]
) -> Incoming | None:
    """Return a message as it is read today, ``None`` where less is known of it than there was.

    Whom it was about may have been known from the messages that we are told of, and they are
    forgotten (``correlate.remember``): then what was found stands.
    """
    incoming = sent.correlated(connection, [read(_kept(row))])[0]
    known_then = row.trust == Trust.CORRELATED
    return None if known_then and incoming.trust is Trust.UNSIGNED else incoming


def _kept(row: Row[Any]) -> Kept:
    return Kept(
        raw=zlib.decompress(row.zlib),
        envelope=rows.envelope(row),
        received_at=row.received_at,
        fingerprint=row.fingerprint,
        queue_id=row.queue_id,
        source=row.source,
        peer=row.peer,
        stream=row.stream,
    )


def _pairs(connection: Connection, message_id: int, facts: Sequence[Fact]) -> Iterator[_Pair]:
    """Yield each event of a message with the fact that stands for it, where they differ."""
    query = (
        select(events, POSITION.label("rank"))
        .where(
            events.c.message_id == message_id,
            events.c.origin.in_(_OURS),
            events.c.superseded_by.is_(None),
        )
        .order_by(POSITION, events.c.id)
    )
    old = [(row.id, int(row.rank), redo.fact(row)) for row in connection.execute(query)]
    left = list(facts)
    for number, rank, before in old:
        after = next((one for one in left if _whose(one) == _whose(before)), None)
        if after:
            left.remove(after)
        if after is None or _says(after) != _says(before):
            yield _Pair(number, rank, before, after)
    rank = old[-1][1] if old else _rank(connection, message_id)
    for after in left:
        yield _Pair(None, rank, None, after)


def _whose(fact: Fact) -> tuple[Place | None, str | None, str]:
    return fact.place, fact.aside, fact.stream


def _says(fact: Fact) -> tuple[object, ...]:
    return fact.what, fact.verdict.cause if fact.verdict else None, fact.trust


def _rank(connection: Connection, message_id: int) -> int:
    """Return the place of a message that had no events: behind those of the one before it."""
    query = select(func.max(events.c.id)).where(events.c.message_id < message_id)
    return connection.execute(query).scalar() or 0


def _supersede(
    connection: Connection, lines: Sequence[_Line], policies: Policies, now: datetime
) -> dict[Place, int]:
    """Write the events that stand for others, and mark those; by itself where nothing does.

    Returns from which event on to decide again on each address to which it makes a difference.
    """
    gone = [line.pair.id for line in lines if line.pair.id]
    for old in gone:  # before anything is counted: it counts no more
        _by(connection, old, old)
    before = [line.pair.before for line in lines if line.pair.before]
    closed = take_back(connection, before, now)
    foresight, opened, begun = _stand_for(connection, lines, policies)
    seen_now = review(connection, gone, policies.default, now)
    told = {(one.domain, one.at) for one in (*before, *foresight.facts) if one.domain}
    told |= seen_now.told
    outbox.add(connection, of_incidents(Topic.INCIDENT_CLOSED, closed))
    outbox.add(connection, of_incidents(Topic.INCIDENT_OPENED, opened))
    outbox.add(connection, of_storms(Topic.STORM_STARTED, begun))
    outbox.add(connection, of_storms(Topic.STORM_ENDED, seen_now.over))
    return _earliest(_touched(lines), seen_now.places, corrected(connection, told, policies))


def _stand_for(
    connection: Connection, lines: Sequence[_Line], policies: Policies
) -> tuple[Foresight, list[Incident], list[Storm]]:
    """Write the events that stand for others; return the incidents and storms that they begin."""
    new = [line for line in lines if line.pair.after]
    facts = [
        replace(line.pair.after, origin="rejudge", position=line.pair.position)
        for line in new
        if line.pair.after
    ]
    foresight = foresee(connection, facts, policies)
    again = incidents.told_before(connection, foresight.facts)
    ids = write(
        connection,
        [
            (Entry(fact, None), line.message_id)
            for fact, line in zip(foresight.facts, new, strict=True)
        ],
    )
    for line, made in zip(new, ids, strict=True):
        _by(connection, line.pair.id, made)
    reports = (line.report for line in new)
    opened = incidents.keep(connection, zip(foresight.facts, reports, strict=True), again)
    begun, _ = storms.keep(connection, foresight, dict(enumerate(ids)), policies)
    return foresight, opened, begun


def _touched(lines: Sequence[_Line]) -> dict[Place, int]:
    found: dict[Place, int] = {}
    for line in lines:
        for fact in (line.pair.before, line.pair.after):
            if fact and fact.place:
                position = line.pair.position
                found[fact.place] = min(position, found.get(fact.place, position))
    return found


def _earliest(*places: dict[Place, int]) -> dict[Place, int]:
    return {at: min(some[at] for some in places if at in some) for some in places for at in some}


def _by(connection: Connection, old: int | None, new: int | None) -> None:
    if old:
        mark = events.update().where(events.c.id == old)
        connection.execute(mark.values(superseded_by=new))


def _reread(connection: Connection, message_id: int, incoming: Incoming) -> None:
    """Put down what the message is read as today."""
    kind = incoming.reading.report.kind
    connection.execute(
        messages.update()
        .where(messages.c.id == message_id)
        .values(
            kind=kind,
            stream=incoming.stream,
            trust=incoming.trust,
            matched=incoming.reading.claim.matched,
        )
    )
    connection.execute(
        reports.update().where(reports.c.message_id == message_id).values(rows.report(incoming))
    )
