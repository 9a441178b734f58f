"""Write entries down, and read of an event's row which message it is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from bounced.store import outbox, rows
from bounced.store.facts import Original
from bounced.store.judge import Entry
from bounced.store.schema import audit, events


def write(connection: Connection, lines: Sequence[tuple[Entry, int | None]]) -> list[int]:
    """Append to ``events``, and to ``audit`` for each event that changed a state; return the ids.

    With each entry comes the id of the message that it is from.
    """
    if not lines:
        return []
    insert = events.insert().returning(events.c.id, sort_by_parameter_order=True)
    made = connection.execute(insert, [rows.event(entry, at) for entry, at in lines])
    ids = list(made.scalars())
    trail = [rows.audit(entry, at) for (entry, _), at in zip(lines, ids, strict=True)]
    if changes := [row for row in trail if row]:
        connection.execute(audit.insert(), changes)
    outbox.add_entries(connection, ((entry, at) for (entry, _), at in zip(lines, ids, strict=True)))
    return ids


def named(row: Any) -> Original:
    """Return which message of ours an event's row is about.

    One name alone may have been either, in rows that know no Message-ID beside it.
    """
    if row.original_message_id is None:
        return Original(row.original, row.original)
    envelope_id = row.original if row.original != row.original_message_id else None
    return Original(envelope_id, row.original_message_id)
