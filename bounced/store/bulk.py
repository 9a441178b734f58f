"""Write thousands of rows at once: the same rows, past what SQLAlchemy does for each of them.

Statements are SQLAlchemy's, and values pass through the types of their columns; but columns that
are NULL throughout are left out, and all rows go to the driver in one call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, func, insert, select, text

from bounced.policy import AddressState
from bounced.store import rows, state
from bounced.store.judge import Entry
from bounced.store.schema import audit, events, recipients
from bounced.store.state import Place


def write(connection: Connection, entries: Sequence[Entry]) -> None:
    """Append *entries* to ``events``, and to ``audit`` where they changed a state."""
    ids = _ids(connection, len(entries))
    _insert(
        connection,
        events,
        [rows.event(entry, None) | {"id": at} for entry, at in zip(entries, ids, strict=True)],
    )
    trail = (rows.audit(entry, at) for entry, at in zip(entries, ids, strict=True))
    _insert(connection, audit, [row for row in trail if row])


def save(
    connection: Connection,
    before: Mapping[Place, AddressState],
    after: Mapping[Place, AddressState],
) -> None:
    """Write the states that are new, or differ from those *before*, which were locked."""
    new = {at: after[at] for at in sorted(after.keys() - before.keys())}
    _insert(connection, recipients, [state.row(one) for one in new.values()])
    state.save(connection, before, {at: after[at] for at in before})


def _ids(connection: Connection, count: int) -> Sequence[int]:
    """Return ids for the next events, which no other transaction will get."""
    if connection.dialect.name == "postgresql":
        query = text(
            "SELECT nextval(pg_get_serial_sequence('events', 'id')) FROM generate_series(1, :count)"
        )
        return list(connection.execute(query, {"count": count}).scalars())
    # SQLite has one writer at a time, and that is us.
    last = connection.execute(select(func.max(events.c.id))).scalar() or 0
    return range(last + 1, last + 1 + count)


def _insert(connection: Connection, table: Table, values: Sequence[Mapping[str, Any]]) -> None:
    if not values:
        return
    dialect = connection.dialect
    names = [name for name in values[0] if any(row[name] is not None for row in values)]
    compiled = insert(table).compile(dialect=dialect, column_keys=names)
    columns = []
    for name in compiled.positiontup or names:
        into = table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
        column = (row[name] for row in values)
        columns.append([into(one) for one in column] if into else list(column))
    lines = zip(*columns, strict=True)
    if compiled.positional:
        connection.exec_driver_sql(str(compiled), list(lines))
    else:
        connection.exec_driver_sql(str(compiled), [dict(zip(names, one, strict=True)) for one in lines])
