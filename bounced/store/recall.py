"""Remember what reports have counted against addresses, of messages that come again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import product
from typing import Any

from sqlalchemy import Connection, Row, Select, func, or_, select

from bounced.policy import COUNTING, Effect, What
from bounced.store.facts import Fact, Original
from bounced.store.judge import Memory
from bounced.store.schema import events
from bounced.store.state import CHUNK, Place
from bounced.store.write import named

POSITION = func.coalesce(events.c.position, events.c.id)
"""The place of an event in the order of decisions."""

_IN_FORCE = func.coalesce(events.c.effect_now, events.c.effect)


def recall(
    connection: Connection,
    memory: Memory,
    places: Iterable[Place],
    facts: Collection[Fact],
    before: int | None = None,
) -> None:
    """Let *memory* know what earlier reports about the messages of *facts* did to *places*.

    With *before*, only what stands in front of that place in the order of decisions.
    """
    table = events.c
    query = select(table.what, _IN_FORCE.label("effect")).where(
        _IN_FORCE.in_(sorted(COUNTING)), table.superseded_by.is_(None)
    )
    if before is not None:
        query = query.where(before > POSITION)
    for at, about, row in told_of(connection, query, places, facts):
        memory.remember(at, What(row.what), about, Effect(row.effect))


def told_of(
    connection: Connection, query: Select[Any], places: Iterable[Place], facts: Iterable[Fact]
) -> Iterator[tuple[Place, Original, Row[Any]]]:
    """Yield, of the events in *query*, those of *places* that may be about the messages of *facts*.

    With each its place, and which message it is about.
    """
    names = {name for fact in facts if fact.original for name in fact.original.names}
    streams: dict[str, set[str]] = {}
    for at in places:
        streams.setdefault(at.stream, set()).add(at.key)
    table = events.c
    query = query.add_columns(table.key, table.original, table.original_message_id)
    for stream, keys in sorted(streams.items()):
        for some_keys, some in product(_chunks(keys), list(_chunks(names))):
            same = or_(table.original.in_(some), table.original_message_id.in_(some))
            mine = query.where(table.stream == stream, table.key.in_(some_keys), same)
            for row in connection.execute(mine):
                yield Place(stream, row.key), named(row), row


def again(
    connection: Connection,
    query: Select[Any],
    numbered: Iterable[tuple[int, Fact]],
    which: Callable[[Row[Any]], bool] = lambda _: True,
) -> set[int]:
    """Return which of the *numbered* facts tell again of what one in *query* or before them has.

    Of the rows of *query* those count that are *which*.  One message is refused once, whether our
    log says so or the report that comes back.
    """
    facts = list(numbered)
    known: dict[Place, list[Original]] = {}
    places = {one.place for _, one in facts if one.place}
    for at, about, row in told_of(connection, query, places, [one for _, one in facts]):
        if which(row):
            known.setdefault(at, []).append(about)
    found: set[int] = set()
    for number, one in facts:
        if one.place and one.original:
            mine = known.setdefault(one.place, [])
            if any(it.same(one.original) for it in mine):
                found.add(number)
            mine.append(one.original)
    return found


def _chunks(values: Iterable[str]) -> Iterator[list[str]]:
    ordered = sorted(values)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]
