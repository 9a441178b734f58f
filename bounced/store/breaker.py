"""Which hard failures are part of a storm, by what was refused and delivered around them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, Final, TypeAlias

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Row,
    Select,
    Text,
    bindparam,
    cast,
    func,
    literal_column,
    not_,
    select,
    union_all,
)

from bounced.policy import Settings, What
from bounced.policy.breaker import Steps, Tally, decisive, refusing
from bounced.policy.outage import Span, moved
from bounced.store import deliveries
from bounced.store.alike import COLUMNS, Group, members_of
from bounced.store.facts import Fact
from bounced.store.recall import again
from bounced.store.schema import events, storms
from bounced.store.state import TOGETHER, Place

_REMEMBERED: Final = 64  # statements
_MAIL: Final = func.coalesce(
    events.c.original_message_id, events.c.original, cast(events.c.id, Text)
)
"""Which message of ours was refused: our log and a report may both tell of it."""
_Statement: TypeAlias = CompoundSelect[*tuple[Any, ...]]


def refused(
    connection: Connection, group: Group, span: Span, mine: Sequence[Fact], settings: Settings
) -> list[Span]:
    """Return the times around *span* at which failures of *group* are part of a storm.

    By what is on record, and the failures *mine* beside it.
    """
    steps = Steps.of(settings.storm_window)
    first = steps.number(span.first) - steps.length + 1
    count = steps.number(span.last) + steps.length - first
    spans = [steps.span(first + number) for number in range(count)]
    around = Span(spans[0].first, spans[-1].last)
    settled = confirmed(connection, group, around, settings.storm_window)
    known = _OnRecord(connection, group, settled, spans)
    tallies = [Tally() for _ in range(count)]
    placed = [(tallies[steps.number(one.at) - first], one) for one in mine if around.holds(one.at)]
    for tally, one in placed:
        tally.recipients.add(one.place)
    enough = settings.hard_storm_recipients
    for number, who in known.recipients(enough):
        tallies[number].recipients.add(who)
    if sum(len(tally.recipients) for tally in tallies) < enough:
        return []
    for at, delivered in deliveries.to(connection, group.name, around):
        tallies[steps.number(at) - first].delivered += delivered
    _count(known, tallies, placed, settings)
    found = refusing(
        tallies, length=steps.length, recipients=enough, share=settings.hard_storm_share
    )
    return list(_joined(spans[number] for number in sorted(found)))


def _count(
    known: _OnRecord,
    tallies: Sequence[Tally],
    mine: Sequence[tuple[Tally, Fact]],
    settings: Settings,
) -> None:
    """Count the mails that were refused; where none was delivered they are all, however many."""
    delivered = sum(tally.delivered for tally in tallies)
    if not delivered:
        for tally in tallies:
            tally.failures = len(tally.recipients)
        return
    enough = decisive(
        delivered, recipients=settings.hard_storm_recipients, share=settings.hard_storm_share
    )
    for number, failures in known.failures(enough):
        tallies[number].failures += failures
    twice = known.told_before([one for _, one in mine])
    for number, (tally, _) in enumerate(mine):
        tally.failures += number not in twice


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


@dataclass(frozen=True, slots=True)
class _OnRecord:
    """The failures of a group that are on record in some spans, but for those that are settled.

    Asked for each message there is, and each span is a query of its own; so the statements are made
    once, for any group, and the values come as parameters.
    """

    connection: Connection
    group: Group
    settled: Sequence[Span]
    spans: Sequence[Span]

    def failures(self, enough: int) -> Iterator[tuple[int, int]]:
        """Yield how many there are in each span, by its number; *enough* is the most it says."""
        yield from self._rows(_counting, enough=enough)

    def told_before(self, mine: Sequence[Fact]) -> set[int]:
        """Return which of *mine*, by number, tell again of what others have.

        Which of these are of the group is found out here: asked for it, SQLite would go through all
        of the group to find those about a few messages.
        """
        around = Span(self.spans[0].first, self.spans[-1].last)
        name, table = COLUMNS[self.group.scope], events.c
        about = select(name.label("name"), table.cause, table.at, table.what, table.superseded_by)

        def alike(row: Row[Any]) -> bool:
            same = (row.name, row.cause) == (self.group.name, self.group.cause)
            failed = row.what == What.FAILED and row.superseded_by is None
            return same and failed and around.holds(row.at)

        return again(self.connection, about, enumerate(mine), alike)

    def recipients(self, enough: int) -> Iterator[tuple[int, Place]]:
        """Yield who was refused in each span, by its number: more than *enough* are not needed."""
        for number, stream, key in self._rows(_naming, enough=enough):
            yield number, Place(stream, key)

    def _rows(self, made: Callable[[str, int, int], _Statement], **more: int) -> Iterator[Any]:
        about = {"name": self.group.name, "cause": self.group.cause, **more}
        about |= _bounds("settled", self.settled)
        for start in range(0, len(self.spans), TOGETHER):
            some = self.spans[start : start + TOGETHER]
            statement = made(self.group.scope, len(self.settled), len(some))
            for number, *values in self.connection.execute(
                statement, about | _bounds("span", some)
            ):
                yield start + number, *values


@lru_cache(_REMEMBERED)
def _counting(scope: str, settled: int, spans: int) -> _Statement:
    each: list[Select[*tuple[Any, ...]]] = []
    for number in range(spans):
        mails = select(events.c.stream, events.c.key, _MAIL.label("mail")).distinct()
        mails = mails.where(*_within(scope, settled, number)).limit(bindparam("enough"))
        count = func.count().label("count")
        each.append(
            select(literal_column(str(number)).label("number"), count).select_from(mails.subquery())
        )
    return union_all(*each)


@lru_cache(_REMEMBERED)
def _naming(scope: str, settled: int, spans: int) -> _Statement:
    each = (
        select(literal_column(str(number)).label("number"), events.c.stream, events.c.key)
        .distinct()
        .where(*_within(scope, settled, number))
        .limit(bindparam("enough"))
        .subquery()
        for number in range(spans)
    )
    return union_all(*(select(one) for one in each))


def _within(scope: str, settled: int, number: int) -> Iterator[ColumnElement[bool]]:
    """Yield what makes an event one of a group, in the span with that *number*."""
    yield from members_of(scope)
    yield _between("span", number)
    for one in range(settled):
        yield not_(_between("settled", one))


def _between(name: str, number: int) -> ColumnElement[bool]:
    return events.c.at.between(
        bindparam(f"{name}{number}_first"), bindparam(f"{name}{number}_last")
    )


def _bounds(name: str, spans: Sequence[Span]) -> dict[str, Any]:
    return {
        f"{name}{number}_{end}": at
        for number, span in enumerate(spans)
        for end, at in span._asdict().items()
    }


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
