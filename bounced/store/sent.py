"""The messages that we were told of, and whom each went to: to know them when they come back.

The sending side tells them: its log, the API.  A report that returns one is ``correlated``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, select, tuple_

from bounced import whose
from bounced.model import Match, Trust
from bounced.store.facts import Original, name_of, original
from bounced.store.schema import sent
from bounced.store.state import CHUNK, place
from bounced.store.types import utc
from bounced.store.values import Incoming, Sent

_FORGET: Final = 500


def tell(connection: Connection, told: Sequence[Sent]) -> None:
    """Remember messages; what is known already stays as it is."""
    rows: dict[tuple[str, str, str], dict[str, Any]] = {}
    for one in told:
        at, name = place(one.stream, one.address), name_of(one.name)
        if name and at.key:
            row = {"name": name, "stream": at.stream, "key": at.key, "address": one.address}
            rows.setdefault((name, at.stream, at.key), row | {"at": utc(one.at)})
    known = {(row.name, row.stream, row.key) for row in _known(connection, rows)}
    if new := [row for key, row in sorted(rows.items()) if key not in known]:
        connection.execute(sent.insert(), new)


def forget(connection: Connection, before: datetime) -> int:
    """Forget some of the messages that are older; return how many."""
    table = sent.c
    primary = (table.name, table.stream, table.key)
    some = select(*primary).where(table.at < utc(before)).limit(_FORGET)
    return connection.execute(delete(sent).where(tuple_(*primary).in_(some))).rowcount


def correlated(connection: Connection, new: Sequence[Incoming]) -> list[Incoming]:
    """Return *new*, each that returns a message that we were told of put down to that."""
    about = {number: name for number, one in enumerate(new) if (name := _asked(one))}
    keys = {key for number in about for key in whose.keys(new[number].reading)}
    pairs = [(name, "", key) for one in about.values() for name in one.names for key in keys]
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in _known(connection, pairs):
        found[row.name].append(row)
    return [
        _told(connection, one, about[number], found) if number in about else one
        for number, one in enumerate(new)
    ]


def _asked(one: Incoming) -> Original | None:
    """Return which message to look for: none, where a signature has said all."""
    concerned = one.trust is Trust.UNSIGNED and one.reading.report.kind.about_somebody
    return original(one) if concerned else None


def _told(
    connection: Connection, one: Incoming, about: Original, found: dict[str, list[Row[Any]]]
) -> Incoming:
    mine = whose.keys(one.reading)
    rows = [row for name in about.names for row in found[name] if row.key in mine]
    rows = _of_one_stream(one, rows or _sole(connection, about))
    if not rows:
        return one
    by_message_id = rows[0].name == about.message_id
    match = Match.MESSAGE_ID if by_message_id else Match.ENVELOPE_ID
    reading = whose.told(one.reading, [row.address for row in rows], match)
    if reading is one.reading:
        return one
    stream = one.stream if one.reading.claim.stream else rows[0].stream
    return replace(one, reading=reading, trust=reading.claim.trust, stream=stream)


def _sole(connection: Connection, about: Original) -> list[Row[Any]]:
    """Return whom a message went to, if that was one recipient."""
    for name in about.names:
        rows = list(connection.execute(select(sent).where(sent.c.name == name).limit(2)))
        if rows:
            return rows if len(rows) == 1 else []
    return []


def _of_one_stream(one: Incoming, rows: list[Row[Any]]) -> list[Row[Any]]:
    """Return those of the report's own stream; where it has none of its own, of the first."""
    own = [row for row in rows if row.stream == one.stream]
    first = min((row.stream for row in rows), default="")
    return own or [row for row in rows if row.stream == first]


def _known(connection: Connection, wanted: Iterable[tuple[str, str, str]]) -> Iterator[Row[Any]]:
    """Yield the rows for names and keys: in any stream, and some that nobody asked for."""
    wanted = list(wanted)
    names, keys = {one[0] for one in wanted}, {one[2] for one in wanted}
    for some_names in _chunks(names):
        for some_keys in _chunks(keys):
            query = select(sent).where(sent.c.name.in_(some_names), sent.c.key.in_(some_keys))
            yield from connection.execute(query)


def _chunks(values: Iterable[str]) -> Iterator[list[str]]:
    ordered = sorted(values)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]
