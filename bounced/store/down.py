"""Servers that are down for good, by what the events say of their domains: rule 5 of the policy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    CompoundSelect,
    Connection,
    Row,
    bindparam,
    func,
    or_,
    select,
    union_all,
)

from bounced.causes import Cause
from bounced.policy import Policies, What
from bounced.policy.outage import down_since, moved
from bounced.store.facts import Fact
from bounced.store.schema import events
from bounced.store.state import TOGETHER, Place

EVIDENCE: Final = (What.FAILED, What.DELAYED, What.DELIVERED, What.COMPLAINT)
"""What says of a domain whether somebody answers there."""

_DOWN: Final = Cause.SERVER_DOWN
_SOON: Final = 8  # reports of one domain


def find_down(connection: Connection, facts: list[Fact], policies: Policies) -> None:
    """Note of each failure for a server that is down since when it is, by every report."""
    failed: dict[str, list[int]] = {}
    for number, fact in enumerate(facts):
        down = fact.verdict is not None and fact.verdict.cause is _DOWN
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
    up = or_(cause.is_(None), cause != _DOWN)
    last = connection.execute(query.where(up).order_by(at.desc()).limit(1)).first()
    down = query.with_only_columns(func.min(at, type_=at.type)).where(cause == _DOWN)
    down = down.where(at > last.at) if last else down
    days = connection.execute(down.group_by(func.date(at)))
    found: list[tuple[datetime, Cause | None]] = [(day, _DOWN) for (day,) in days]
    if last:
        found.append((last.at, Cause(last.cause) if last.cause else None))
    return found


def late(
    connection: Connection, told: Iterable[tuple[str, datetime]]
) -> list[tuple[str, datetime]]:
    """Return those of the domains and times of which something later is on record already."""
    told = sorted(set(told))
    last = _last(connection, {domain for domain, _ in told})
    return [(domain, at) for domain, at in told if domain in last and at <= last[domain].at]


def corrected(
    connection: Connection, told: Iterable[tuple[str, datetime]], policies: Policies
) -> dict[Place, int]:
    """Correct since when servers were down, where what is told of these domains came late.

    *told* are domains and times of which more or less is on record than when later events were
    decided on.  Returns from which event on to decide again on whom it makes a difference to.
    """
    doubtful: dict[int, Row[*tuple[Any, ...]]] = {}
    for domain, at in told:
        doubtful |= {row.id: row for row in _run_after(connection, domain, at)}
    places: dict[Place, int] = {}
    for row in doubtful.values():
        back = policies.of(row.stream)
        first = moved(row.at, -2 * back.soft_window)
        stored = _stored_evidence(connection, row.domain, first, row.at)
        since = down_since(stored, row.at, silence=back.down_after)
        if since != row.down_since:
            mark = events.update().where(events.c.id == row.id)
            connection.execute(mark.values(down_since=since))
            whose, position = Place(row.stream, row.key), row.position or row.id
            places[whose] = min(position, places.get(whose, position))
    return places


def _run_after(
    connection: Connection, domain: str, at: datetime
) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return the failures for a server that is down from *at* on, until it answers."""
    table = events.c
    columns = (table.id, table.at, table.domain, table.stream, table.key, table.position)
    more = (table.down_since, table.storm_id, table.what, table.cause)
    said = (
        select(*columns, *more)
        .where(
            table.domain == domain,
            table.at >= at,
            table.what.in_(EVIDENCE),
            table.superseded_by.is_(None),
        )
        .order_by(table.at)
    )
    rows = connection.execute(said.limit(_SOON)).all()
    answer = next((row for row in rows if row.at > at and row.cause != _DOWN), None)
    if answer is None and len(rows) == _SOON:  # mostly it answers soon
        up = said.where(table.at > at, or_(table.cause.is_(None), table.cause != _DOWN))
        answer = connection.execute(up.limit(1)).first()
        run = said.where(table.at <= answer.at) if answer else said
        rows = connection.execute(run.where(table.cause == _DOWN)).all()
    return [
        row
        for row in rows
        if row.cause == _DOWN and row.what == What.FAILED and row.storm_id is None
        if answer is None or row.at <= answer.at
    ]


def doubted(connection: Connection, delivered: Mapping[str, datetime]) -> set[str]:
    """Return those of the domains, with times of deliveries there, that a delivery may say more of.

    The last that is on record says that they are down, or the first after the delivery does.
    """
    last = _last(connection, delivered)
    return {
        name
        for name, row in last.items()
        if row.cause == _DOWN
        or (row.at > delivered[name] and _run_after(connection, name, delivered[name]))
    }


def _last(connection: Connection, domains: Iterable[str]) -> dict[str, Row[Any]]:
    """Return the last that is on record of each of *domains*: one question for many."""
    ordered = sorted(domains)
    found: dict[str, Row[Any]] = {}
    for start in range(0, len(ordered), TOGETHER):
        some = ordered[start : start + TOGETHER]
        values = {f"domain{number}": domain for number, domain in enumerate(some)}
        rows = connection.execute(_last_of(len(some)), values)
        found |= {row.domain: row for row in rows}
    return found


@lru_cache(TOGETHER)
def _last_of(domains: int) -> CompoundSelect[*tuple[Any, ...]]:
    table = events.c
    each = (
        select(table.domain, table.at, table.cause)
        .where(table.domain == bindparam(f"domain{number}"), table.superseded_by.is_(None))
        .order_by(table.at.desc())
        .limit(1)
        .subquery()
        for number in range(domains)
    )
    return union_all(*(select(one) for one in each))
