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

from bounced.model import Envelope, Kind, Trust
from bounced.policy import Decision, Policies
from bounced.store import redo, rows, sent, storms
from bounced.store.facts import Fact, of_message
from bounced.store.judge import Entry
from bounced.store.outage import foresee
from bounced.store.recall import POSITION
from bounced.store.schema import events, messages, raw_messages, reports
from bounced.store.state import Place
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
    first: dict[Place, int] = {}
    for row in _chosen(connection, ids):
        incoming = _read(connection, row, read)
        if incoming is None:
            continue
        pairs = list(_pairs(connection, row.id, of_message(incoming)))
        _supersede(connection, row.id, pairs, policies)
        _reread(connection, row.id, incoming)
        told += (Change(queue_id=row.queue_id, before=a, after=b) for _, _, a, b in pairs)
        for at, position in _touched(pairs):
            first[at] = min(position, first.get(at, position))
    made = [
        redo.revise(
            connection, at, first[at], policies, now=now, origin="rejudge", why="judged again"
        )
        for at in sorted(first)
    ]
    return Changes(0, told, [decision for decision in made if decision])


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


def _touched(pairs: Sequence[_Pair]) -> Iterator[tuple[Place, int]]:
    for pair in pairs:
        for fact in (pair.before, pair.after):
            if fact and fact.place:
                yield fact.place, pair.position


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
    paths = tuple(row.forward_paths or ())
    return Kept(
        raw=zlib.decompress(row.zlib),
        envelope=Envelope(reverse_path=row.reverse_path, forward_paths=paths),
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
    connection: Connection, message_id: int, pairs: Sequence[_Pair], policies: Policies
) -> None:
    """Write the events that stand for others, and mark those; by itself where nothing does."""
    pairs = [pair for pair in pairs if pair.id or pair.after]
    new = [
        replace(pair.after, origin="rejudge", position=pair.position)
        for pair in pairs
        if pair.after
    ]
    for pair in pairs:  # before anything is counted: it counts no more
        _by(connection, pair.id, pair.id)
    foresight = foresee(connection, new, policies)
    ids = write(connection, [(Entry(fact, None), message_id) for fact in foresight.facts])
    storms.keep(connection, foresight, dict(enumerate(ids)), policies)
    made = iter(ids)
    for pair in pairs:
        if pair.after:
            _by(connection, pair.id, next(made))


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
