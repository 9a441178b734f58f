"""Sender incidents on record: who refuses which of our hosts, since when, and how many are hit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, func, select

from bounced.address import domain_of
from bounced.causes import Cause
from bounced.model import Report
from bounced.policy.incident import OURS, UNKNOWN, refusal, removal
from bounced.policy.outage import moved
from bounced.store.facts import Fact
from bounced.store.recall import again
from bounced.store.schema import events, incident_recipients, incidents
from bounced.store.state import CHUNK, Place

QUIET: Final = timedelta(days=3)
"""An incident in which nothing was refused for so long is over."""

_DOMAINS_SHOWN: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident, and what to do about it.

    ``ours`` is our host, its address, or our domain; ``refuser`` a block list, a provider's or a
    recipient's domain.  ``removal`` is a page where removal can be asked for, ``None`` where none
    is known; ``domains`` are those of the recipients, whose postmasters can be written to.
    """

    id: int
    cause: Cause
    ours: str
    refuser: str
    opened_at: datetime
    last_at: datetime
    closed_at: datetime | None
    closed_by: str | None
    failures: int
    evidence: str
    recipients: int
    domains: tuple[str, ...]

    @property
    def removal(self) -> str | None:
        """Where to ask for removal."""
        return removal(self.refuser, self.evidence)


@dataclass(slots=True)
class _Refused:
    """What a batch adds to one incident."""

    first: datetime
    last: datetime
    evidence: str
    failures: int = 0


_Key = tuple[str, str, Cause]


def told_before(connection: Connection, facts: Sequence[Fact]) -> set[int]:
    """Return which of *facts*, by number, tell again of a refusal that was told of before.

    One message is refused once, whether our log says so or the report that comes back.
    """
    refused = [(number, fact) for number, fact in enumerate(facts) if against_us(fact)]
    query = select(events.c.id).where(
        events.c.cause.in_(sorted(OURS)),
        events.c.domain.is_not(None),
        events.c.superseded_by.is_(None),
    )
    return again(connection, query, refused)


def keep(
    connection: Connection, told: Iterable[tuple[Fact, Report | None]], again: Collection[int] = ()
) -> list[Incident]:
    """Note the refusals among facts, with the reports that they are from.

    Those that are told *again*, by number, count for nothing, but may say which host of ours was
    meant.  Returns the incidents that this opens.
    """
    refused: dict[_Key, _Refused] = {}
    recipients: dict[_Key, set[Place]] = {}
    for number, (fact, report) in enumerate(told):
        against = refusal(fact.judged, report) if fact.judged and against_us(fact) else None
        if against is None or fact.place is None:
            continue
        key = (against.refuser, against.ours, against.cause)
        if number in again:
            _open(connection, key)
            continue
        found = refused.setdefault(key, _Refused(fact.at, fact.at, against.evidence))
        found.first, found.last = min(found.first, fact.at), max(found.last, fact.at)
        found.failures += 1
        recipients.setdefault(key, set()).add(fact.place)
    opened: list[int] = []
    for key in sorted(refused):
        incident, new = _kept(connection, key, refused[key])
        _add_recipients(connection, incident, recipients[key])
        opened += [incident] if new else []
    return listed(connection, ids=opened) if opened else []


def end(connection: Connection, now: datetime) -> list[Incident]:
    """Close the incidents in which nothing was refused for ``QUIET``; return them."""
    quiet = incidents.c.last_at < moved(now, -QUIET)
    query = select(incidents.c.id).where(incidents.c.closed_at.is_(None), quiet)
    over = list(connection.execute(query.with_for_update()).scalars())
    if not over:
        return []
    closed = incidents.update().where(incidents.c.id.in_(over))
    connection.execute(closed.values(closed_at=now, closed_by="policy"))
    return listed(connection, ids=over)


def close(connection: Connection, incident: int, who: str, now: datetime) -> Incident | None:
    """Close one incident by hand; ``None`` where no open one has that number."""
    update = incidents.update().where(incidents.c.id == incident, incidents.c.closed_at.is_(None))
    if not connection.execute(update.values(closed_at=now, closed_by=who)).rowcount:
        return None
    return listed(connection, ids=[incident])[0]


def listed(
    connection: Connection, *, everything: bool = True, ids: Sequence[int] | None = None
) -> list[Incident]:
    """Return incidents, the newest last: all of them, the open ones, or those of *ids*."""
    query = select(incidents).order_by(incidents.c.opened_at, incidents.c.id)
    if ids is not None:
        query = query.where(incidents.c.id.in_(ids))
    elif not everything:
        query = query.where(incidents.c.closed_at.is_(None))
    return [_incident(connection, dict(row)) for row in connection.execute(query).mappings()]


def _incident(connection: Connection, row: dict[str, Any]) -> Incident:
    table = incident_recipients.c
    hit = func.count()
    query = (
        select(table.domain, hit)
        .where(table.incident_id == row["id"])
        .group_by(table.domain)
        .order_by(hit.desc(), table.domain)
    )
    domains = list(connection.execute(query))
    return Incident(
        **{**row, "cause": Cause(row["cause"])},
        recipients=sum(count for _, count in domains),
        domains=tuple(name for name, _ in domains[:_DOMAINS_SHOWN]),
    )


def against_us(fact: Fact) -> bool:
    """Return whether a fact speaks against us, if it may say anything: only those have a domain."""
    return fact.domain is not None and fact.verdict is not None and fact.verdict.cause in OURS


def _open(connection: Connection, key: _Key) -> Row[*tuple[Any, ...]] | None:
    """Return the open incident of *key*; where nobody said so far which host is meant, it is now.

    A refusal that names no host of ours belongs to the last incident with that refuser.
    """
    refuser, ours, cause = key
    table = incidents.c
    query = (
        select(table.id, table.ours, table.opened_at, table.last_at)
        .where(table.refuser == refuser, table.cause == cause, table.closed_at.is_(None))
        .order_by(table.ours == UNKNOWN, table.id.desc())
        .with_for_update()
    )
    if ours != UNKNOWN:
        query = query.where(table.ours.in_((ours, UNKNOWN)))
    found = connection.execute(query).first()
    if found and found.ours == UNKNOWN != ours:
        named = incidents.update().where(table.id == found.id)
        connection.execute(named.values(ours=ours))
    return found


def _kept(connection: Connection, key: _Key, refused: _Refused) -> tuple[int, bool]:
    """Return the open incident of *key*, and whether it is new."""
    table = incidents.c
    found = _open(connection, key)
    if found is None:
        row = {
            "refuser": key[0],
            "ours": key[1],
            "cause": key[2],
            "opened_at": refused.first,
            "last_at": refused.last,
            "failures": refused.failures,
            "evidence": refused.evidence,
        }
        made = connection.execute(incidents.insert().values(row).returning(table.id))
        return int(made.scalar_one()), True
    latest = refused.last >= found.last_at
    connection.execute(
        incidents.update()
        .where(table.id == found.id)
        .values(
            opened_at=min(found.opened_at, refused.first),
            last_at=max(found.last_at, refused.last),
            failures=table.failures + refused.failures,
            **({"evidence": refused.evidence} if latest else {}),
        )
    )
    return int(found.id), False


def _add_recipients(connection: Connection, incident: int, hit: set[Place]) -> None:
    table = incident_recipients.c
    new = sorted(hit)
    for start in range(0, len(new), CHUNK):
        some = new[start : start + CHUNK]
        query = select(table.stream, table.key).where(
            table.incident_id == incident, table.key.in_([at.key for at in some])
        )
        known = {Place(row.stream, row.key) for row in connection.execute(query)}
        rows = [
            {"incident_id": incident, **at._asdict(), "domain": domain_of(at.key)}
            for at in some
            if at not in known
        ]
        if rows:
            connection.execute(incident_recipients.insert(), rows)
