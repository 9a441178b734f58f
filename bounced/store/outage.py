"""What the events say of the domains that facts are about: which failures are part of a storm."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, select

from bounced.address import domain_of
from bounced.causes import Type
from bounced.policy import Policies, Settings, What, untrusted
from bounced.policy.breaker import Steps
from bounced.policy.outage import Failure, Span, brews, moved, provider, stormy
from bounced.store.alike import Group, members_of, thinned
from bounced.store.breaker import confirmed, refused
from bounced.store.down import EVIDENCE, find_down
from bounced.store.facts import Fact
from bounced.store.nearby import counted, nearest
from bounced.store.schema import events
from bounced.store.state import Place


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
    around: dict[Group, Span] = {}
    for group, numbers in groups.items():
        times = [found.facts[number].at for number in numbers]
        around[group] = Span(moved(min(times), -reach), moved(max(times), reach))
    most = max(settings.hard_storm_recipients, settings.storm_recipients)
    known = counted(connection, around, most)
    past = thinned(connection) if groups else {}
    for group, numbers in groups.items():
        enough = settings.hard_storm_recipients if group.hard else settings.storm_recipients
        before = past.get(group, ())
        if known[group] + len(numbers) >= enough or before:
            _judge_group(connection, found, group, numbers, settings, known=before)


def _groups(fact: Fact) -> Iterator[Group]:
    if fact.what is not What.FAILED or fact.verdict is None or not brews(fact.verdict):
        return
    if fact.domain:
        yield Group("domain", fact.domain, fact.verdict.cause)
    if fact.provider and fact.verdict.type is Type.SOFT:  # many domains have one refusal in common
        yield Group("provider", fact.provider, fact.verdict.cause)


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
    told += nearest(connection, group, span, settings)
    told.sort(key=lambda one: one.at)
    return stormy(told, window=settings.storm_window, recipients=settings.storm_recipients)


def _unmarked(
    connection: Connection, group: Group, span: Span, settled: Iterable[Span]
) -> list[Earlier]:
    """Return the events of *group* that are no part of any storm yet, but for those *settled*."""
    values = {"name": group.name, "cause": group.cause, **span._asdict()}
    return [
        Earlier(row.id, row.at, Place(row.stream, row.key), row.position or row.id)
        for row in connection.execute(_unmarked_of(group.scope), values)
        if not any(one.holds(row.at) for one in settled)
    ]


@lru_cache
def _unmarked_of(scope: str) -> Select[*tuple[Any, ...]]:
    columns = (events.c.id, events.c.at, events.c.stream, events.c.key, events.c.position)
    during = events.c.at.between(bindparam("first"), bindparam("last"))
    return select(*columns).where(*members_of(scope), during, events.c.storm_id.is_(None))
