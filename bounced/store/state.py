"""The state of each address: read, lock, write, list."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, and_, bindparam, func, or_, select, tuple_

from bounced.address import normalise, normalise_domain
from bounced.causes import Cause
from bounced.policy import AddressState, as_of
from bounced.store import secrets
from bounced.store.schema import recipients
from bounced.store.types import storable

CHUNK: Final = 500  # values in one IN (...); the smallest limit of parameters is SQLite's, 32,766
TOGETHER: Final = 100  # queries in one UNION; SQLite takes at most 500
_MAX_STREAM: Final = 200
FIELDS: Final = tuple(one.name for one in dataclasses.fields(AddressState))
_COLUMNS: Final = tuple(recipients.c[name] for name in FIELDS)


class Place(NamedTuple):
    """Where a state is kept.  Rows are locked in the order of their places."""

    stream: str
    key: str


def place(stream: str, address: str) -> Place:
    """Return where the state of *address* is kept."""
    return Place(storable(stream)[:_MAX_STREAM], normalise(address))


def load(
    connection: Connection, places: Iterable[Place], *, lock: bool
) -> dict[Place, AddressState]:
    """Return the states that exist; with *lock* nobody else changes them until the commit.

    Locked in key order, so that two writers never wait for each other.  An address that was
    forgotten, and of which we hear again, is known again, with its block.
    """
    places = set(places)
    states = _load(connection, places, lock=lock)
    hasher = secrets.hasher_if_needed(connection) if places else None
    if hasher:
        hashes = {Place(one.stream, hasher(one.key)): one for one in places if "@" in one.key[1:]}
        for at, hidden in _load(connection, hashes, lock=lock).items():
            known = dataclasses.replace(hidden, key=hashes[at].key, address=hashes[at].key)
            if lock:
                _rename(connection, at, known)
            states[hashes[at]] = known
    return states


def _load(
    connection: Connection, places: Iterable[Place], *, lock: bool
) -> dict[Place, AddressState]:
    states: dict[Place, AddressState] = {}
    for stream, keys in chunks(places):
        query = (
            select(*_COLUMNS)
            .where(recipients.c.stream == stream, recipients.c.key.in_(keys))
            .order_by(recipients.c.key)
        )
        rows = connection.execute(query.with_for_update() if lock else query)
        states |= {Place(row.stream, row.key): _state(row) for row in rows}
    return states


def _rename(connection: Connection, at: Place, known: AddressState) -> None:
    same = and_(recipients.c.stream == at.stream, recipients.c.key == at.key)
    connection.execute(recipients.update().where(same).values(**row(known)))


def drop(connection: Connection, places: Iterable[Place]) -> None:
    """Delete states, and what they are called by with them."""
    for stream, keys in chunks(places):
        mine = and_(recipients.c.stream == stream, recipients.c.key.in_(keys))
        connection.execute(recipients.delete().where(mine))


def chunks(places: Iterable[Place]) -> Iterator[tuple[str, list[str]]]:
    """Yield the keys of each stream, sorted, in portions that one query takes."""
    streams: dict[str, list[str]] = {}
    for stream, key in sorted(set(places)):
        streams.setdefault(stream, []).append(key)
    for stream, keys in streams.items():
        for start in range(0, len(keys), CHUNK):
            yield stream, keys[start : start + CHUNK]


def save(
    connection: Connection,
    before: Mapping[Place, AddressState],
    after: Mapping[Place, AddressState],
) -> None:
    """Write the states that are new, or differ from those *before*, which were locked."""
    new = [row(state) for at, state in after.items() if at not in before]
    changed = [
        {"at_stream": at.stream, "at_key": at.key} | row(state)
        for at, state in sorted(after.items())
        if at in before and before[at] != state
    ]
    if new:
        connection.execute(recipients.insert(), new)
    if changed:
        same = and_(
            recipients.c.stream == bindparam("at_stream"), recipients.c.key == bindparam("at_key")
        )
        connection.execute(recipients.update().where(same), changed)


def find(
    connection: Connection, wanted: Iterable[Place], now: datetime
) -> list[AddressState | None]:
    """Return the state at *now* of each: its own, or its domain's where that is blocked.

    One query for a thousand or so.
    """
    pairs = [(at, _whole_domain(at)) for at in wanted]
    stored = load(connection, {at for pair in pairs for at in pair}, lock=False)
    states = {at: as_of(state, now) for at, state in stored.items()}
    return [_standing(states.get(own), states.get(domain)) for own, domain in pairs]


def _whole_domain(at: Place) -> Place:
    return Place(at.stream, "@" + (at.key.rpartition("@")[2] if "@" in at.key else ""))


def _standing(own: AddressState | None, domain: AddressState | None) -> AddressState | None:
    if domain and domain.blocked and not (own and own.blocked):
        return domain
    return own


def ending(connection: Connection, now: datetime, limit: int = 1) -> list[Place]:
    """Return some of those whose block should have ended by *now*, those first that did so first.

    In another order SQLite would look for them among all addresses, or sort all that end at one
    moment, as those of an import do: seconds of the processor.
    """
    table = recipients.c
    due = (
        select(table.stream, table.key)
        .where(table.expires_at <= now, table.blocked)
        .order_by(table.expires_at)
        .limit(limit)
    )
    return [Place(*row) for row in connection.execute(due)]


def listed(
    connection: Connection,
    now: datetime,
    *,
    stream: str | None = None,
    blocked: bool | None = None,
    cause: Cause | None = None,
    domain: str | None = None,
    since: datetime | None = None,
    limit: int | None = None,
    after: tuple[str, str] | None = None,
) -> list[AddressState]:
    """Return the states that pass every filter, as they are at *now*, by stream and key.

    ``since``: blocked, or failed last, at that time or later; ``after``: the ``(stream, key)`` of
    the last one seen, to go on from there.
    """
    table = recipients.c
    lapsed = and_(table.blocked, table.expires_at.is_not(None), table.expires_at <= now)
    tests: list[ColumnElement[bool]] = []
    if stream is not None:
        tests.append(table.stream == stream)
    if blocked is not None:
        stands = and_(table.blocked, or_(table.expires_at.is_(None), table.expires_at > now))
        tests.append(stands if blocked else or_(~table.blocked, lapsed))
    if cause is not None:
        tests += [
            table.cause == cause,
            ~and_(table.blocked, func.coalesce(table.expires_at <= now, False)),
        ]
    if domain is not None:
        tests.append(table.domain == normalise_domain(domain))
    if since is not None:
        tests.append(or_(and_(~lapsed, table.since >= since), table.last_failure_at >= since))
    if after is not None:
        tests.append(tuple_(table.stream, table.key) > after)
    query = select(*_COLUMNS).where(*tests).order_by(table.stream, table.key).limit(limit)
    return [as_of(_state(row), now) for row in connection.execute(query)]


def _state(row: Row[Any]) -> AddressState:
    """Return the state in a row of _COLUMNS; by their order, which is quicker than by name."""
    values: dict[str, Any] = dict(zip(FIELDS, row, strict=True))
    if values["cause"] is not None:
        values["cause"] = Cause(values["cause"])
    return AddressState(**values)


def row(state: AddressState) -> dict[str, object]:
    """Return the row of ``recipients``."""
    values = {name: getattr(state, name) for name in FIELDS}
    return values | {"domain": state.key.rpartition("@")[2]}
