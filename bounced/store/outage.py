"""What the events say of the domains that facts are about: storms, and servers down for good."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select

from bounced.address import domain_of
from bounced.causes import Cause, Type
from bounced.policy import Policies, Settings, What, untrusted
from bounced.policy.outage import Failure, brews, down_since, in_storm, provider
from bounced.store.facts import Fact
from bounced.store.schema import events
from bounced.store.state import CHUNK, Place

_EVIDENCE: Final = (What.FAILED, What.DELAYED, What.DELIVERED, What.COMPLAINT)
_MAX_BETWEEN: Final = 20_000
_FIRST: Final = datetime.min.replace(tzinfo=UTC)
_LAST: Final = datetime.max.replace(tzinfo=UTC)
COLUMNS: Final = {"domain": events.c.domain, "provider": events.c.provider}


class Group(NamedTuple):
    """Those that fail alike: one domain's or one provider's, for one cause."""

    scope: str
    name: str
    cause: Cause


class Earlier(NamedTuple):
    """An event that turns out to be part of a storm."""

    id: int
    at: datetime
    place: Place
    position: int


@dataclass(slots=True)
class Brewing:
    """What is known of the storm of one group: the facts in it, by number, and earlier events."""

    facts: list[int] = field(default_factory=list)
    earlier: list[Earlier] = field(default_factory=list)


@dataclass(slots=True)
class Foresight:
    """The facts, with what their domains' other failures say; and the storms that they are in."""

    facts: list[Fact]
    storms: list[tuple[Group, Brewing]] = field(default_factory=list)


def foresee(connection: Connection, facts: Sequence[Fact], policies: Policies) -> Foresight:
    """Say of each fact whether it is part of a storm, and whether its domain is down."""
    found = Foresight([_tagged(fact, policies.of(fact.stream)) for fact in facts])
    _find_storms(connection, found, policies.default)
    _find_down(connection, found.facts, policies)
    return found


def _tagged(fact: Fact, settings: Settings) -> Fact:
    """Name the domain and provider of a fact that may change something, and of no other."""
    if not fact.place or fact.aside or untrusted(fact.trust, settings):
        return fact
    if fact.what not in _EVIDENCE:
        return fact
    domain = domain_of(fact.place.key) or None
    by = provider(fact.judged.recipient) if fact.judged else None
    return replace(fact, domain=domain, provider=by if by != domain else None)


def _find_storms(connection: Connection, found: Foresight, settings: Settings) -> None:
    groups: dict[Group, list[int]] = {}
    for number, fact in enumerate(found.facts):
        for group in _groups(fact):
            groups.setdefault(group, []).append(number)
    known = _counts(connection, groups, found.facts, settings.storm_window)
    for group, numbers in groups.items():
        if known.get(group, 0) + len(numbers) < settings.storm_recipients:
            continue
        for some in _together(found.facts, numbers, settings.storm_window):
            _judge_group(connection, found, group, some, settings)


def _groups(fact: Fact) -> Iterator[Group]:
    if fact.what is not What.FAILED or fact.verdict is None or not brews(fact.verdict):
        return
    if fact.domain:
        yield Group("domain", fact.domain, fact.verdict.cause)
    if fact.provider:
        yield Group("provider", fact.provider, fact.verdict.cause)


def _counts(
    connection: Connection,
    groups: dict[Group, list[int]],
    facts: Sequence[Fact],
    window: timedelta,
) -> dict[Group, int]:
    """Return how many events of each group there are around the facts; too many is no harm."""
    if not groups:
        return {}
    times = [facts[number].at for numbers in groups.values() for number in numbers]
    around = events.c.at.between(moved(min(times), -window), moved(max(times), window))
    known: dict[Group, int] = {}
    for scope, column in COLUMNS.items():
        names = sorted({group.name for group in groups if group.scope == scope})
        for start in range(0, len(names), CHUNK):
            query = (
                select(column, events.c.cause, func.count())
                .where(column.in_(names[start : start + CHUNK]))
                .where(_soft(), around)
                .group_by(column, events.c.cause)
            )
            known |= {Group(scope, a, Cause(b)): count for a, b, count in connection.execute(query)}
    return known


def _together(facts: Sequence[Fact], numbers: list[int], window: timedelta) -> Iterator[list[int]]:
    """Yield the facts that one window can hold; a replay brings years at once."""
    some: list[int] = []
    for number in sorted(numbers, key=lambda one: facts[one].at):
        if some and facts[number].at - facts[some[-1]].at > window:
            yield some
            some = []
        some.append(number)
    yield some


def _judge_group(
    connection: Connection, found: Foresight, group: Group, numbers: list[int], settings: Settings
) -> None:
    facts = found.facts
    times = [facts[number].at for number in numbers]
    earlier = _around(connection, group, min(times), max(times), settings)
    told: list[tuple[Failure, int | Row[Any]]] = [
        (Failure(row.at, (row.stream, row.key)), row) for row in earlier
    ]
    told += [(Failure(facts[number].at, facts[number].place), number) for number in numbers]
    told.sort(key=lambda one: one[0].at)
    stormy = in_storm(
        [failure for failure, _ in told],
        window=settings.storm_window,
        recipients=settings.storm_recipients,
    )
    brewing = Brewing()
    for one in sorted(stormy):
        what = told[one][1]
        if isinstance(what, int):
            facts[what] = replace(facts[what], storm=True)
            brewing.facts.append(what)
        elif what.storm_id is None:
            brewing.earlier.append(
                Earlier(what.id, what.at, Place(what.stream, what.key), what.position or what.id)
            )
    if brewing.facts or brewing.earlier:
        found.storms.append((group, brewing))


def _around(
    connection: Connection, group: Group, first: datetime, last: datetime, settings: Settings
) -> list[Row[Any]]:
    """Return the events of *group* that can be in one window with something in between.

    Of those before and after only the nearest: enough to make a storm, or they are the same few
    recipients over and over.
    """
    near, window = max(400, 4 * settings.storm_recipients), settings.storm_window
    at = events.c.at
    columns = (
        *(events.c.id, at, events.c.stream, events.c.key, events.c.storm_id),
        events.c.position,
    )
    query = select(*columns).where(
        COLUMNS[group.scope] == group.name, events.c.cause == group.cause, _soft()
    )
    before = query.where(at < first, at >= moved(first, -window)).order_by(at.desc()).limit(near)
    between = query.where(at.between(first, last)).order_by(at).limit(_MAX_BETWEEN)
    after = query.where(at > last, at <= moved(last, window)).order_by(at).limit(near)
    found: list[Row[Any]] = []
    for one in (before, between, after):
        found += connection.execute(one)
    return found


def _soft() -> ColumnElement[bool]:
    return and_(
        events.c.what == What.FAILED, events.c.type == Type.SOFT, events.c.superseded_by.is_(None)
    )


def _find_down(connection: Connection, facts: list[Fact], policies: Policies) -> None:
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
        events.c.what.in_(_EVIDENCE),
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


def looks_down(connection: Connection, domain: str) -> bool:
    """Return whether the last that is on record of *domain* is that its server is down."""
    query = (
        select(events.c.cause)
        .where(events.c.domain == domain, events.c.superseded_by.is_(None))
        .order_by(events.c.at.desc())
        .limit(1)
    )
    return connection.execute(query).scalar() == Cause.SERVER_DOWN


def moved(when: datetime, span: timedelta) -> datetime:
    """Return another time, or the first or last that there is."""
    try:
        return when + span
    except OverflowError:
        return _LAST if span > timedelta(0) else _FIRST
