"""Look again at storms in which some failures are read otherwise now.

What is left of one may be too little to be any; then it is no more, and who was spared by it alone
is decided on anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from bounced.causes import Cause
from bounced.policy import Settings
from bounced.policy.outage import Failure, Span, moved, stormy
from bounced.store.alike import COLUMNS, Group, members
from bounced.store.breaker import confirmed, refused
from bounced.store.schema import events, storms
from bounced.store.state import CHUNK, Place
from bounced.store.storms import Storm, listed


@dataclass(frozen=True, slots=True)
class _Remains:
    """A storm on record, its members that are in force, and when any of its kind were in one."""

    id: int
    members: Sequence[Row[Any]]
    spans: Sequence[Span]
    settled: Sequence[Span] = ()

    def holds(self, at: datetime) -> bool:
        settled = any(span.holds(at) for span in self.settled)
        return not settled and any(span.holds(at) for span in self.spans)


@dataclass(slots=True)
class Review:
    """The storms that are no more, and from which event on to decide again on whom they spared.

    *told* has the domains and times of what is no part of any.
    """

    over: list[Storm] = field(default_factory=list)
    places: dict[Place, int] = field(default_factory=dict)
    told: set[tuple[str, datetime]] = field(default_factory=set)


def review(
    connection: Connection, gone: Sequence[int], settings: Settings, now: datetime
) -> Review:
    """Look again at the storms that the events *gone*, which are superseded, were part of."""
    found = Review()
    known: dict[int, _Remains] = {}

    def remains(row: Row[Any]) -> _Remains:
        if row.id not in known:
            known[row.id] = _remains(connection, row, settings)
        return known[row.id]

    over: list[int] = []
    for storm in _of_any(connection, _superseded(connection, gone)):
        if storm.thinned_at:
            continue
        now_in_it = remains(storm)
        times = [one.at for one in now_in_it.members if now_in_it.holds(one.at)]
        if times:
            mark = storms.update().where(storms.c.id == storm.id)
            connection.execute(mark.values(started_at=min(times), last_at=max(times)))
        else:
            over.append(storm.id)
        for one in now_in_it.members:
            if one.storm_id is None or now_in_it.holds(one.at):
                continue
            others = (it for it in _of_any(connection, [one]) if remains(it).holds(one.at))
            other = next((it.id for it in others), None)
            _move(connection, one.id, other)
            if other is None:
                at, position = Place(one.stream, one.key), one.position or one.id
                found.told.add((one.domain, one.at))
                found.places[at] = min(position, found.places.get(at, position))
    found.over = _end(connection, over, now)
    return found


def _superseded(connection: Connection, gone: Sequence[int]) -> Iterator[Row[Any]]:
    for start in range(0, len(gone), CHUNK):
        some = events.c.id.in_(gone[start : start + CHUNK])
        yield from connection.execute(select(events).where(some, events.c.storm_id.is_not(None)))


def _of_any(connection: Connection, failures: Iterable[Row[Any]]) -> list[Row[Any]]:
    """Return the storms on record that failures may be part of, by their domains and providers."""
    times: dict[Group, list[datetime]] = {}
    for row in failures:
        for scope, column in COLUMNS.items():
            if name := row._mapping[column]:  # noqa: SLF001 -- its name for what is public
                times.setdefault(Group(scope, name, Cause(row.cause)), []).append(row.at)
    found: dict[int, Row[Any]] = {}
    for group, at in sorted(times.items()):
        query = select(storms).where(
            storms.c.scope == group.scope,
            storms.c.name == group.name,
            storms.c.cause == group.cause,
            storms.c.confirmed_at.is_(None),
            storms.c.started_at <= max(at),
            storms.c.last_at >= min(at),
        )
        found |= {row.id: row for row in connection.execute(query)}
    return [row for _, row in sorted(found.items())]


def _remains(connection: Connection, storm: Row[Any], settings: Settings) -> _Remains:
    window = settings.storm_window
    group = Group(storm.scope, storm.name, Cause(storm.cause))
    around = events.c.at.between(moved(storm.started_at, -window), moved(storm.last_at, window))
    query = select(events).where(*members(group), around).order_by(events.c.at)
    rows = connection.execute(query).all()
    inside = [row for row in rows if storm.started_at <= row.at <= storm.last_at]
    whole = Span(storm.started_at, storm.last_at)
    if storm.thinned_at:  # what is left says nothing against it
        return _Remains(storm.id, inside, [whole])
    if group.hard:
        spans = refused(connection, group, whole, [], settings)
        return _Remains(storm.id, inside, spans, confirmed(connection, group, whole, window))
    told = [Failure(row.at, (row.stream, row.key)) for row in rows]
    spans = stormy(told, window=window, recipients=settings.storm_recipients)
    return _Remains(storm.id, inside, spans)


def _move(connection: Connection, event: int, storm: int | None) -> None:
    connection.execute(events.update().where(events.c.id == event).values(storm_id=storm))


def _end(connection: Connection, over: list[int], now: datetime) -> list[Storm]:
    """Delete storms; return those that were still going on, as ended now."""
    if not over:
        return []
    ended = [replace(one, ended_at=now) for one in listed(connection, ids=over) if not one.ended_at]
    marked = events.update().where(events.c.storm_id.in_(over))
    connection.execute(marked.values(storm_id=None))
    connection.execute(storms.delete().where(storms.c.id.in_(over)))
    return ended
