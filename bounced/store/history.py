"""What has happened to one address, oldest first."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, select

from bounced.causes import Cause
from bounced.model import Action, Kind, Trust
from bounced.policy import Effect, What
from bounced.store.schema import events, messages, reports
from bounced.store.state import Place
from bounced.store.values import HistoryEntry

_PLAIN: Final = (
    "at",
    "stream",
    "address",
    "origin",
    "why",
    "status",
    "smtp_code",
    "rule",
    "evidence",
    "who",
    "original",
    "message_id",
    "queue_id",
    "source",
    "reporting_mta",
)
_NAMED: Final = {
    "what": What,
    "effect": Effect,
    "action": Action,
    "cause": Cause,
    "trust": Trust,
    "kind": Kind,
}


def history(connection: Connection, at: Place, *, everywhere: bool) -> list[HistoryEntry]:
    """Return the events of the address at a place, or *everywhere* in all streams."""
    query = _query().where(events.c.key == at.key).order_by(events.c.at, events.c.id)
    if not everywhere:
        query = query.where(events.c.stream == at.stream)
    return [_entry(row) for row in connection.execute(query)]


def by_ids(connection: Connection, ids: Collection[int]) -> dict[int, HistoryEntry]:
    """Return events by their ids; as many at a time as one query takes."""
    query = _query().where(events.c.id.in_(ids))
    return {row.id: _entry(row) for row in connection.execute(query)}


def values(entry: HistoryEntry) -> dict[str, Any]:
    """Return what ``bounced history --json`` prints of an event."""
    return {name: getattr(entry, name) for name in (*_PLAIN, *_NAMED, "type")}


def _query() -> Select[Any]:
    joined = events.outerjoin(messages, messages.c.id == events.c.message_id).outerjoin(
        reports, reports.c.message_id == events.c.message_id
    )
    about = (messages.c.queue_id, messages.c.source, messages.c.kind, reports.c.reporting_mta)
    return select(events, *about).select_from(joined)


def _entry(row: Row[Any]) -> HistoryEntry:
    values = {name: getattr(row, name) for name in _PLAIN}
    for name, kind in _NAMED.items():
        value = getattr(row, name)
        values[name] = kind(value) if value is not None else None
    return HistoryEntry(**values)
