"""Servers that are down for good, by what the events say of their domains: rule 5 of the policy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, func, or_, select, union_all

from bounced.causes import Cause
from bounced.policy import Policies, What
from bounced.policy.outage import down_since, moved, says_up
from bounced.store.facts import Fact
from bounced.store.schema import events
from bounced.store.state import CHUNK, Place

EVIDENCE: Final = (What.FAILED, What.DELAYED, What.DELIVERED, What.COMPLAINT)
"""What says of a domain whether somebody answers there."""

_TOGETHER: Final = 100  # SQLite puts at most 500 queries into one


def find_down(connection: Connection, facts: list[Fact], policies: Policies) -> None:
    """Note of each failure for a server that is down since when it is, by every report."""
    failed: dict[str, list[int]] = {}
    for number, fact in enumerate(facts):
        down = fact.verdict is not None and fact.verdict.cause is Cause.SERVER_DOWN
        if fact.domain and fact.what is What.FAILED and down and not fact.storm:
            failed.setdefault(fact.domain, []).append(number)
    for domain, numbers in failed.items():
        told = [
            (fact.at, fact.verdict.cause if fact.verdict else None)
            for fact in facts
            if fact.domain == domain
        ]
        for number in numbers:
            fact = facts[number]
            back = policies.of(fact.stream)
            since = moved(fact.at, -2 * back.soft_window)
            stored = _stored_evidence(connection, domain, since, fact.at)
            run = down_since([*stored, *told], fact.at, silence=back.down_after)
            facts[number] = replace(fact, down_since=run)


def _stored_evidence(
    connection: Connection, domain: str, since: datetime, until: datetime
) -> Iterable[tuple[datetime, Cause | None]]:
    """Return, of what is on record, the last that says "up", and of each day since a "down"."""
    at, cause = events.c.at, events.c.cause
    query = select(at, cause).where(
        events.c.domain == domain,
        at.between(since, until),
        events.c.what.in_(EVIDENCE),
        events.c.superseded_by.is_(None),
    )
    up = or_(cause.is_(None), cause != Cause.SERVER_DOWN)
    last = connection.execute(query.where(up).order_by(at.desc()).limit(1)).first()
    down = query.with_only_columns(func.min(at, type_=at.type)).where(cause == Cause.SERVER_DOWN)
    down = down.where(at > last.at) if last else down
    days = connection.execute(down.group_by(func.date(at)))
    found: list[tuple[datetime, Cause | None]] = [(day, Cause.SERVER_DOWN) for (day,) in days]
    if last:
        found.append((last.at, Cause(last.cause) if last.cause else None))
    return found


def answered(fact: Fact) -> bool:
    """Return whether a fact says that the server of its domain answers."""
    return fact.what in EVIDENCE and says_up(fact.verdict.cause if fact.verdict else None)


def found_up(
    connection: Connection, answers: Iterable[tuple[str, datetime]], policies: Policies
) -> dict[Place, int]:
    """Correct since when servers were down, by what is known now of these domains and times.

    Returns from which event on to decide again on the addresses to which it makes a difference.
    """
    times: dict[str, datetime] = {}
    for domain, at in answers:
        times[domain] = min(at, times.get(domain, at))
    places: dict[Place, int] = {}
    table = events.c
    for domains in _chunks(times, CHUNK):
        query = select(events).where(
            table.domain.in_(domains),
            table.at >= min(times[one] for one in domains),
            table.down_since.is_not(None),
            table.superseded_by.is_(None),
        )
        for row in connection.execute(query).all():
            if row.at < times[row.domain]:
                continue
            back = policies.of(row.stream)
            first = moved(row.at, -2 * back.soft_window)
            stored = _stored_evidence(connection, row.domain, first, row.at)
            since = down_since(stored, row.at, silence=back.down_after)
            if since != row.down_since:
                mark = events.update().where(table.id == row.id)
                connection.execute(mark.values(down_since=since))
                whose, position = Place(row.stream, row.key), row.position or row.id
                places[whose] = min(position, places.get(whose, position))
    return places


def doubted(connection: Connection, delivered: Mapping[str, datetime]) -> set[str]:
    """Return those of the domains, with times of deliveries there, that were held to be down.

    The last that is on record says so, or something later that is decided by it.
    """
    table = events.c
    found: set[str] = set()
    for domains in _chunks(delivered, _TOGETHER):
        last = (
            select(table.domain, table.cause)
            .where(table.domain == domain, table.superseded_by.is_(None))
            .order_by(table.at.desc())
            .limit(1)
            .subquery()
            for domain in domains
        )
        query = union_all(*(select(one) for one in last))
        found |= {row.domain for row in connection.execute(query) if row.cause == Cause.SERVER_DOWN}
        later = select(table.domain, func.max(table.at, type_=table.at.type).label("at")).where(
            table.domain.in_(domains),
            table.at >= min(delivered[one] for one in domains),
            table.down_since.is_not(None),
        )
        rows = connection.execute(later.group_by(table.domain))
        found |= {row.domain for row in rows if row.at >= delivered[row.domain]}
    return found


def _chunks(domains: Iterable[str], size: int) -> Iterator[list[str]]:
    ordered = sorted(domains)
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]
