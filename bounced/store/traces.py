"""Where an address is named: in every text of every table, and in every raw message.

To look takes a while, and locks nothing.  Then a second look, at no more than what has come since,
misses nothing in the transaction that it is made in.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any, Final, NamedTuple

from sqlalchemy import Column, ColumnElement, Connection, Row, Table, Text, cast, func, select
from sqlalchemy import tuple_ as row_of

from bounced.address.mention import Mention
from bounced.store.engine import Database
from bounced.store.naming import metadata
from bounced.store.schema import (
    audit,
    events,
    messages,
    outbox,
    raw_messages,
    recipients,
    reports,
    sent,
)
from bounced.store.types import SafeJson, SafeText

_PAGE: Final = 200
_GROWING: Final = (audit, events, messages, outbox, raw_messages, reports)
"""What is written once; of their rows the new ones have the highest numbers."""


class Named(NamedTuple):
    """The rows of a table that may name the address, by their primary keys."""

    table: Table
    columns: Sequence[Column[Any]]
    rows: Sequence[Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Traces:
    """Where an address is named: in which raw messages, by their ids, and in which texts.

    ``seen`` has the number of the last row of each table that grows.
    """

    mention: Mention
    seen: Mapping[str, int]
    raw: Sequence[int]
    texts: Sequence[Named]


def look(database: Database, mention: Mention) -> Traces:
    """Find out where the address is named."""
    with database.read() as connection:
        seen = {table.name: _last(connection, table) for table in _GROWING}
    raw = list(_raw(database, mention))
    texts: list[Named] = []
    for table, columns in _texts():
        with database.read() as connection:
            texts.append(_named(connection, mention, table, columns))
    return Traces(mention, seen, raw, texts)


def look_again(connection: Connection, before: Traces) -> Traces:
    """Find out where the address is named in what was written since; nobody writes meanwhile."""
    mention = before.mention
    number = raw_messages.c.message_id
    rows = connection.execute(select(raw_messages).where(number > before.seen[raw_messages.name]))
    texts = [
        _named(connection, mention, table, columns, *_since(table, before.seen))
        for table, columns in _texts()
        if table is not sent  # whose rows name one address each, and that is their key
    ]
    return Traces(mention, before.seen, list(_naming(mention, rows)), texts)


def _since(table: Table, seen: Mapping[str, int]) -> Iterator[ColumnElement[bool]]:
    """Yield what makes a row one that may be new or changed."""
    if table.name in seen:
        (number,) = table.primary_key.columns
        yield number > seen[table.name]
    elif table is recipients:
        new = select(events.c.stream, events.c.key).where(events.c.id > seen[events.name])
        yield row_of(recipients.c.stream, recipients.c.key).in_(new.distinct())


def _last(connection: Connection, table: Table) -> int:
    (number,) = table.primary_key.columns
    return int(connection.execute(select(func.max(number))).scalar() or 0)


def _raw(database: Database, mention: Mention) -> Iterator[int]:
    """Yield the ids of the raw messages that name the address."""
    last = 0
    query = select(raw_messages).order_by(raw_messages.c.message_id).limit(_PAGE)
    while True:
        with database.read() as connection:
            page = connection.execute(query.where(raw_messages.c.message_id > last)).all()
        if not page:
            return
        last = page[-1].message_id
        yield from _naming(mention, page)


def _naming(mention: Mention, rows: Iterable[Row[Any]]) -> Iterator[int]:
    return (row.message_id for row in rows if mention.is_in(zlib.decompress(row.zlib)))


def _texts() -> Iterator[tuple[Table, list[Column[Any]]]]:
    """Yield each table that has texts from outside, with the columns that they are in."""
    for table in metadata.sorted_tables:
        columns = [one for one in table.columns if isinstance(one.type, SafeText | SafeJson)]
        if columns and table.name not in {"secrets", "forgotten"}:
            yield table, columns


def _named(
    connection: Connection,
    mention: Mention,
    table: Table,
    columns: Sequence[Column[Any]],
    *tests: ColumnElement[bool],
) -> Named:
    """Find the rows of a table; what stands in every form of the address is looked for first."""
    texts = [func.coalesce(cast(column, Text), "") for column in columns]
    maybe = func.lower(reduce(add, texts)).contains(mention.needle, autoescape=True)
    primary = list(table.primary_key.columns)
    found = connection.execute(select(table).where(*tests, maybe)).mappings()
    rows = [
        tuple(row[one.name] for one in primary)
        for row in found
        if any(mention.blotted_all(row[one.name]) != row[one.name] for one in columns)
    ]
    return Named(table, columns, rows)
