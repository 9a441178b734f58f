"""What the events say of the domains that facts are about: which failures are part of a storm."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, and_, func, select

from bounced.address import domain_of
from bounced.causes import Cause, Type
from bounced.policy import Policies, Settings, What, untrusted
from bounced.policy.breaker import Steps
from bounced.policy.outage import Failure, Span, brews, moved, provider, stormy
from bounced.store.alike import COLUMNS, Group, failed, members, thinned
from bounced.store.breaker import confirmed, refused
from bounced.store.down import EVIDENCE, find_down
from bounced.store.facts import Fact
from bounced.store.schema import events
from bounced.store.state import CHUNK, Place


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
    find_down(connection, found.facts, policies)
    return found


def _tagged(fact: Fact, settings: Settings) -> Fact:
    """Name the domain and provider of a fact that may change something, and of no other."""
    if not fact.place or fact.aside or untrusted(fact.trust, settings):
        return fact
    if fact.what not in EVIDENCE:
        return fact
    domain = domain_of(fact.place.key) or None
    by = provider(fact.judged.recipient) if fact.judged else None
    return replace(fact, domain=domain, provider=by if by != domain else None)


def _find_storms(connection: Connection, found: Foresight, settings: Settings) -> None:
    groups: dict[Group, list[int]] = {}
    for number, fact in enumerate(found.facts):
        for group in _groups(fact):
            groups.setdefault(group, []).append(number)
    reach = max(settings.storm_window, Steps.of(settings.storm_window).reach)
    known = _counts(connection, groups, found.facts, reach)
    past = thinned(connection) if groups else {}
    for group, numbers in groups.items():
        enough = settings.hard_storm_recipients if group.hard else settings.storm_recipients
        before = past.get(group, ())
        if known.get(group, 0) + len(numbers) >= enough or before:
            _judge_group(connection, found, group, numbers, settings, known=before)


def _groups(fact: Fact) -> Iterator[Group]:
    if fact.what is not What.FAILED or fact.verdict is None or not brews(fact.verdict):
        return
    if fact.domain:
        yield Group("domain", fact.domain, fact.verdict.cause)
    if fact.provider and fact.verdict.type is Type.SOFT:  # many domains have one refusal in common
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
                .where(failed(), around)
                .group_by(column, events.c.cause)
            )
            known |= {Group(scope, a, Cause(b)): count for a, b, count in connection.execute(query)}
    return known


def _together(facts: Sequence[Fact], numbers: list[int], window: timedelta) -> Iterator[Span]:
    """Yield times with the facts in them, none longer than a window; a replay brings years."""
    span: Span | None = None
    for at in sorted(facts[number].at for number in numbers):
        if span and at <= moved(span.first, window):
            span = span._replace(last=at)
            continue
        if span:
            yield span
        span = Span(at, at)
    if span:
        yield span


def _judge_group(
    connection: Connection,
    found: Foresight,
    group: Group,
    numbers: list[int],
    settings: Settings,
    *,
    known: Sequence[Span],
) -> None:
    """Find the storms that the facts of *group* are in, and what else belongs to these.

    *known* are times of storms that stay some whatever is left of them.
    """
    facts, window = found.facts, settings.storm_window
    reach = Steps.of(window).reach if group.hard else window
    for span in _together(facts, numbers, window):
        around = Span(moved(span.first, -reach), moved(span.last, reach))
        settled = confirmed(connection, group, around, window) if group.hard else []
        near = [
            number
            for number in numbers
            if around.holds(facts[number].at)
            and not any(it.holds(facts[number].at) for it in settled)
        ]
        mine = [facts[number] for number in near]
        brewing = Brewing()
        for storm in (*_stormy(connection, group, span, mine, settings), *_at(span, known)):
            mark = (number for number in near if storm.holds(facts[number].at))
            brewing.facts += [number for number in mark if number not in brewing.facts]
            brewing.earlier += _unmarked(connection, group, storm, settled)
        for number in brewing.facts:
            facts[number] = replace(facts[number], storm=True)
        if brewing.facts or brewing.earlier:
            found.storms.append((group, brewing))


def _at(span: Span, known: Iterable[Span]) -> list[Span]:
    return [one for one in known if one.first <= span.last and one.last >= span.first]


def _stormy(
    connection: Connection, group: Group, span: Span, mine: Sequence[Fact], settings: Settings
) -> list[Span]:
    """Return the times around *span* that are part of a storm of *group*; *mine* is in it too."""
    if group.hard:
        return refused(connection, group, span, mine, settings)
    told = [Failure(one.at, one.place) for one in mine]
    told += _nearest(connection, group, span, settings)
    told.sort(key=lambda one: one.at)
    return stormy(told, window=settings.storm_window, recipients=settings.storm_recipients)


def _nearest(connection: Connection, group: Group, span: Span, settings: Settings) -> list[Failure]:
    """Return the failures of *group* that decide whether a window with something of *span* in it
    holds a storm, where *span* is no longer than a window.

    Of each recipient the last before it, the first after it, and both ends of those within; of
    recipients the nearest, as many as make a storm.  However often one of them fails, he takes no
    other's place.
    """
    at, window = events.c.at, settings.storm_window
    mine = select(events.c.stream, events.c.key, at.label("time")).where(*members(group))
    around = at.between(moved(span.first, -window), moved(span.last, window))
    few = 4 * settings.storm_recipients
    everyone = connection.execute(mine.where(around).limit(few)).all()
    if len(everyone) < few:  # no need to choose
        return [Failure(row.time, Place(row.stream, row.key)) for row in everyone]
    first, last = func.min(at, type_=at.type), func.max(at, type_=at.type)
    within = at.between(*span)
    found: set[Failure] = set()
    for time, where in (
        (last, and_(at < span.first, at >= moved(span.first, -window))),
        (last, within),
        (first, within),
        (first, and_(at > span.last, at <= moved(span.last, window))),
    ):
        query = (
            mine.with_only_columns(events.c.stream, events.c.key, time.label("time"))
            .where(where)
            .group_by(events.c.stream, events.c.key)
            .order_by(time.desc() if time is last else time)
            .limit(settings.storm_recipients)
        )
        rows = connection.execute(query)
        found |= {Failure(row.time, Place(row.stream, row.key)) for row in rows}
    return list(found)


def _unmarked(
    connection: Connection, group: Group, span: Span, settled: Iterable[Span]
) -> list[Earlier]:
    """Return the events of *group* that are no part of any storm yet, but for those *settled*."""
    columns = (events.c.id, events.c.at, events.c.stream, events.c.key, events.c.position)
    query = select(*columns).where(
        *members(group), events.c.at.between(*span), events.c.storm_id.is_(None)
    )
    return [
        Earlier(row.id, row.at, Place(row.stream, row.key), row.position or row.id)
        for row in connection.execute(query)
        if not any(one.holds(row.at) for one in settled)
    ]
