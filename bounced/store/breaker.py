"""Which hard failures are part of a storm, by what was refused and delivered around them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, func, literal, not_, select, union_all

from bounced.policy import Settings
from bounced.policy.breaker import Steps, Tally, refusing
from bounced.policy.outage import Failure, Span, moved
from bounced.store import deliveries
from bounced.store.alike import Group, members
from bounced.store.schema import events, storms
from bounced.store.state import Place

_TOGETHER: Final = 100  # SQLite puts at most 500 queries into one


def refused(
    connection: Connection, group: Group, span: Span, mine: Sequence[Failure], settings: Settings
) -> list[Span]:
    """Return the times around *span* at which failures of *group* are part of a storm.

    By what is on record, and the failures *mine* beside it.
    """
    steps = Steps.of(settings.storm_window)
    first = steps.number(span.first) - steps.length + 1
    count = steps.number(span.last) + steps.length - first
    tallies = [Tally() for _ in range(count)]
    for one in mine:
        if 0 <= (place := steps.number(one.at) - first) < count:
            tallies[place].failures += 1
            tallies[place].recipients.add(one.who)
    spans = [steps.span(first + number) for number in range(count)]
    around = Span(spans[0].first, spans[-1].last)
    settled = confirmed(connection, group, around, settings.storm_window)
    on_record = (*members(group), *(not_(events.c.at.between(*one)) for one in settled))
    _count(connection, on_record, spans, tallies)
    enough = settings.hard_storm_recipients
    if sum(one.failures for one in tallies) < enough:
        return []
    _name(connection, on_record, spans, tallies, enough)
    for at, delivered in deliveries.to(connection, group.name, around):
        tallies[steps.number(at) - first].delivered += delivered
    found = refusing(
        tallies, length=steps.length, recipients=enough, share=settings.hard_storm_share
    )
    return list(_joined(spans[number] for number in sorted(found)))


def confirmed(connection: Connection, group: Group, around: Span, window: timedelta) -> list[Span]:
    """Return the times in *around* at which an operator says that *group* is rightly refused."""
    table = storms.c
    query = select(table.started_at, table.last_at).where(
        table.scope == group.scope,
        table.name == group.name,
        table.cause == group.cause,
        table.confirmed_at.is_not(None),
        table.started_at <= moved(around.last, window),
        table.last_at >= moved(around.first, -window),
    )
    return [
        Span(moved(row.started_at, -window), moved(row.last_at, window))
        for row in connection.execute(query)
    ]


def _count(
    connection: Connection,
    on_record: tuple[ColumnElement[bool], ...],
    spans: Sequence[Span],
    tallies: Sequence[Tally],
) -> None:
    each: list[Select[*tuple[Any, ...]]] = [
        select(literal(number).label("number"), func.count().label("count"))
        .select_from(events)
        .where(*on_record, events.c.at.between(*one))
        for number, one in enumerate(spans)
    ]
    for row in _all(connection, each):
        tallies[row.number].failures += row.count


def _name(
    connection: Connection,
    on_record: tuple[ColumnElement[bool], ...],
    spans: Sequence[Span],
    tallies: Sequence[Tally],
    enough: int,
) -> None:
    """Find out who was refused in each step: more than *enough* are not needed."""
    each: list[Select[*tuple[Any, ...]]] = []
    for number, one in enumerate(spans):
        if tallies[number].failures:
            who = select(literal(number).label("number"), events.c.stream, events.c.key).distinct()
            some = who.where(*on_record, events.c.at.between(*one)).limit(enough).subquery()
            each.append(select(some))
    for row in _all(connection, each):
        tallies[row.number].recipients.add(Place(row.stream, row.key))


def _all(connection: Connection, each: Sequence[Select[*tuple[Any, ...]]]) -> Iterator[Any]:
    for start in range(0, len(each), _TOGETHER):
        yield from connection.execute(union_all(*each[start : start + _TOGETHER]))


def _joined(spans: Iterator[Span]) -> Iterator[Span]:
    """Yield spans, those that follow one upon the other as one."""
    last: Span | None = None
    for one in spans:
        if last and moved(last.last, timedelta.resolution) == one.first:
            last = Span(last.first, one.last)
            continue
        if last:
            yield last
        last = one
    if last:
        yield last
