"""Delete what has been kept for its time, little by little: octets of messages, and events."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import Connection, and_, delete, exists, func, or_, select

from bounced.causes import Cause, Type
from bounced.policy import What
from bounced.store.alike import thin
from bounced.store.schema import audit, events, messages, outbox, raw_messages, recipients, reports

_PAGE: Final = 500
_OCTETS: Final = 4 * 2**20
_COUNTED: Final = sorted(cause for cause in Cause if cause.info.type is Type.SOFT)
"""The causes of blocks that several failures have led to."""


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


def old_events(connection: Connection, before: datetime, after: int) -> list[int]:
    """Return the next events, behind the id *after*, that are older and can go; changes nothing.

    What an event has done to a state stays.  One that may still be judged again stays itself: that
    of a message whose octets are kept; so does what has led to a block that stands, and what came
    of it; and what an operator's list said, or the same list would block anew.
    """
    raw = exists().where(raw_messages.c.message_id == events.c.message_id)
    block = exists().where(
        recipients.c.stream == events.c.stream,
        recipients.c.key == events.c.key,
        recipients.c.blocked,
        or_(
            recipients.c.since <= events.c.at,
            and_(recipients.c.cause.in_(_COUNTED), recipients.c.first_soft_at <= events.c.at),
            recipients.c.first_spared_at <= events.c.at,
        ),
    )
    query = select(events.c.id).where(
        events.c.id > after, events.c.at < before, events.c.what != What.LISTED, ~raw, ~block
    )
    return list(connection.execute(query.order_by(events.c.id).limit(_PAGE)).scalars())


def delete_events(connection: Connection, ids: list[int], now: datetime) -> None:
    """Delete events with their audit trail."""
    thin(connection, events.c.id.in_(ids), now)
    connection.execute(delete(audit).where(audit.c.event_id.in_(ids)))
    connection.execute(delete(events).where(events.c.id.in_(ids)))


def old_reports(connection: Connection, before: datetime, after: int) -> list[int]:
    """Return the next messages that are older, of which neither octets nor events are left."""
    mine = (events, raw_messages, outbox)
    left = or_(*(exists().where(one.c.message_id == messages.c.id) for one in mine))
    query = (
        select(messages.c.id)
        .join(reports, reports.c.message_id == messages.c.id)
        .where(messages.c.id > after, messages.c.received_at < before, ~left)
    )
    return list(connection.execute(query.order_by(messages.c.id).limit(_PAGE)).scalars())


def delete_reports(connection: Connection, ids: list[int]) -> None:
    """Delete what messages said; their fingerprints stay, so that none counts twice."""
    connection.execute(delete(reports).where(reports.c.message_id.in_(ids)))
    mine = messages.update().where(messages.c.id.in_(ids))
    unknown = {"reverse_path": None, "parameters": None, "forward_parameters": None}
    connection.execute(mine.values(forward_paths=[], **unknown))
