"""Forget an address: what is about it goes, where it is named in anything else it is blotted out.

Where it is named is looked for in every text of every table and in every raw message: that takes a
while, and locks nothing.  Then all is changed in one transaction.  A block stays, under a hash
(:mod:`bounced.store.secrets`).
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import reduce
from operator import add
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    Column,
    Connection,
    Table,
    Text,
    and_,
    cast,
    delete,
    func,
    or_,
    select,
    tuple_,
)

from bounced.address.mention import Mention
from bounced.policy import AddressState, as_of
from bounced.store import secrets, state
from bounced.store.engine import Database
from bounced.store.naming import metadata
from bounced.store.schema import (
    audit,
    events,
    forgotten,
    incident_recipients,
    outbox,
    raw_messages,
    recipients,
    sent,
)
from bounced.store.state import Place
from bounced.store.types import SafeJson, SafeText

WHY: Final = "its address was forgotten, the block was not"
PAGE: Final = 200


@dataclass(kw_only=True)
class Forgotten:
    """What was found of an address: rows that went and rows that were changed, by table.

    ``hash`` stands for it from now on; ``blocked_in`` are the streams in which its block stays.
    """

    hash: str
    blocked_in: list[str] = field(default_factory=list)
    deleted: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)

    @property
    def nothing(self) -> bool:
        """Whether there was no trace of it."""
        return not (self.blocked_in or self.deleted or self.changed)


class Named(NamedTuple):
    """The rows of a table that may name the address, by their primary keys."""

    table: Table
    columns: Sequence[Column[Any]]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Traces:
    """Where an address is named: in which raw messages, by their ids, and in which texts."""

    mention: Mention
    raw: Sequence[int]
    texts: Sequence[Named]


def look(database: Database, mention: Mention) -> Traces:
    """Find out where the address is named."""
    raw = list(_raw(database, mention))
    return Traces(mention, raw, [_named(database, mention, *one) for one in _texts()])


def carry_out(connection: Connection, traces: Traces, who: str, now: datetime) -> Forgotten:
    """Delete what is about the address, but for its blocks, and take it out of the rest."""
    key = traces.mention.key
    hasher = secrets.hasher(connection)
    found = Forgotten(hash=hasher(key))
    _states(connection, key, found, now)
    mine = events.c.key == key
    own = select(events.c.id).where(mine)
    about = select(events.c.message_id).where(mine, events.c.message_id.is_not(None))
    raw = {*traces.raw, *connection.execute(about.distinct()).scalars()}
    _drop_raw(connection, sorted(raw), found)
    _delete(connection, found, audit, or_(audit.c.key == key, audit.c.event_id.in_(own)))
    _delete(connection, found, events, mine)
    for table in (incident_recipients, sent):
        _delete(connection, found, table, table.c.key == key)
    _delete(connection, found, outbox, outbox.c.lane == key)
    for one in traces.texts:
        for start in range(0, len(one.rows), PAGE):
            _blot(connection, traces.mention, one, one.rows[start : start + PAGE], found)
    if not found.nothing:
        connection.execute(forgotten.insert().values(key=found.hash, at=now, who=who))
    return found


def _states(connection: Connection, key: str, found: Forgotten, now: datetime) -> None:
    """Delete the states; the blocks that stand get another name."""
    table = recipients.c
    streams = select(table.stream).where(table.key.in_((key, found.hash))).order_by(table.stream)
    places = [Place(stream, key) for stream in connection.execute(streams).scalars()]
    for at, known in state.load(connection, places, lock=True).items():
        _delete(connection, found, recipients, and_(table.stream == at.stream, table.key == key))
        if as_of(known, now).blocked:
            connection.execute(recipients.insert().values(**_hidden(known, found.hash)))
            found.blocked_in.append(at.stream)


def _hidden(known: AddressState, name: str) -> dict[str, object]:
    """Return the row of a block without whom it is about, nor when what happened to it."""
    kept = AddressState(address=name, key=name, stream=known.stream)
    kept = replace(
        kept,
        blocked=True,
        since=known.since,
        expires_at=known.expires_at,
        blocked_by=known.blocked_by,
        cause=known.cause,
        rule=known.rule,
        why=WHY,
    )
    return state.row(kept) | {"domain": ""}


def _drop_raw(connection: Connection, ids: Sequence[int], found: Forgotten) -> None:
    """Delete raw messages, and with each that it is still to be forwarded."""
    for start in range(0, len(ids), PAGE):
        some = ids[start : start + PAGE]
        _delete(connection, found, outbox, outbox.c.message_id.in_(some))
        _delete(connection, found, raw_messages, raw_messages.c.message_id.in_(some))


def _delete(connection: Connection, found: Forgotten, table: Table, which: Any) -> None:
    if count := connection.execute(delete(table).where(which)).rowcount:
        found.deleted[table.name] += count


def _blot(
    connection: Connection,
    mention: Mention,
    named: Named,
    rows: Sequence[Sequence[Any]],
    found: Forgotten,
) -> None:
    """Take the address out of rows; one that is called by it goes as a whole."""
    table = named.table
    primary = list(table.primary_key.columns)
    query = select(table).where(tuple_(*primary).in_(rows))
    for row in connection.execute(query).mappings().all():
        same = and_(*(one == row[one.name] for one in primary))
        blotted = {one.name: mention.blotted_all(row[one.name]) for one in named.columns}
        changed = {name: new for name, new in blotted.items() if new != row[name]}
        if any(one.name in changed for one in primary):
            _delete(connection, found, table, same)
        elif changed:
            connection.execute(table.update().where(same).values(**changed))
            found.changed[table.name] += 1


def _raw(database: Database, mention: Mention) -> Iterator[int]:
    """Yield the ids of the raw messages that name the address."""
    last = 0
    query = select(raw_messages).order_by(raw_messages.c.message_id).limit(PAGE)
    while True:
        with database.read() as connection:
            page = connection.execute(query.where(raw_messages.c.message_id > last)).all()
        if not page:
            return
        last = page[-1].message_id
        yield from (row.message_id for row in page if mention.is_in(zlib.decompress(row.zlib)))


def _texts() -> Iterator[tuple[Table, list[Column[Any]]]]:
    """Yield each table that has texts from outside, with the columns that they are in."""
    for table in metadata.sorted_tables:
        columns = [one for one in table.columns if isinstance(one.type, SafeText | SafeJson)]
        if columns and table.name not in {"secrets", "forgotten"}:
            yield table, columns


def _named(
    database: Database, mention: Mention, table: Table, columns: Sequence[Column[Any]]
) -> Named:
    """Find the rows of a table; what stands in every form of the address is looked for first."""
    texts = [func.coalesce(cast(column, Text), "") for column in columns]
    maybe = func.lower(reduce(add, texts)).contains(mention.needle, autoescape=True)
    primary = list(table.primary_key.columns)
    with database.read() as connection:
        found = connection.execute(select(table).where(maybe)).mappings()
        rows = [
            tuple(row[one.name] for one in primary)
            for row in found
            if any(mention.blotted_all(row[one.name]) != row[one.name] for one in columns)
        ]
    return Named(table, columns, rows)
