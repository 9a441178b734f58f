"""Delete the octets of messages whose time is over, little by little."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, func, select

from bounced.store.schema import outbox, raw_messages

_PAGE: Final = 500
_OCTETS: Final = 4 * 2**20


def expire(connection: Connection, now: datetime) -> int:
    """Delete some that have expired at *now*; return how many.  Nothing is left where none were.

    One that is still to be forwarded waits for that.  What SQLite deletes goes through its log,
    which must fit on a disk that is nearly full: so some megabytes at a time, or one message.
    """
    wanted = select(outbox.c.message_id).where(outbox.c.message_id.is_not(None))
    size = func.length(raw_messages.c.zlib)
    due = select(raw_messages.c.message_id, size).where(
        raw_messages.c.expires_at <= now, raw_messages.c.message_id.not_in(wanted)
    )
    ids: list[int] = []
    octets = 0
    for number, length in connection.execute(due.limit(_PAGE)):
        octets += length
        if ids and octets > _OCTETS:
            break
        ids.append(number)
    if ids:
        connection.execute(delete(raw_messages).where(raw_messages.c.message_id.in_(ids)))
    return len(ids)
