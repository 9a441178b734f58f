"""Write down thousands of addresses that nobody had heard of, and that a list blocks.

The same rows that ``write`` and ``state.save`` would make, without what these do for each value: as
tuples in the order of the columns below, which go to the driver in one call a table.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from operator import itemgetter
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Table, func, insert, select, text

from bounced.causes import Cause
from bounced.lists import Listed
from bounced.model import Action
from bounced.policy import AddressState, Decision, Effect, What
from bounced.store.schema import audit, events, recipients
from bounced.store.state import Place
from bounced.store.types import plain, utc

ORIGIN: Final = "import"
_EVENT: Final = (
    *("id", "stream", "key", "address", "at", "origin", "what", "cause", "type", "effect", "why"),
    *("who", "reason", "action", "status", "smtp_code", "rule", "evidence", "expires_at"),
)
_AUDIT: Final = ("event_id", "at", "stream", "key", "who", "effect", "why", "before", "after")
_RECIPIENT: Final = (
    *("stream", "key", "address", "domain", "blocked", "since", "expires_at", "blocked_by"),
    *("why", "cause", "rule", "evidence", "soft_count", "complaints"),
)
_CHANGED: Final = (
    *("blocked", "since", "expires_at", "blocked_by", "why", "cause", "rule", "evidence"),
)
_LISTED, _BLOCKED, _FAILED = What.LISTED.value, Effect.BLOCKED.value, Action.FAILED.value
_TYPES: Final = {cause.value: cause.info.type.value for cause in Cause}
_IDS: Final = text(
    "SELECT nextval(pg_get_serial_sequence('events', 'id')) FROM generate_series(1, :count)"
)
_encoded: Final = json.JSONEncoder(default=plain).encode


class Fresh(NamedTuple):
    """An address without a state before, and the decision that blocks it, whatever its name."""

    place: Place
    listed: Listed
    at: datetime
    reason: str
    decision: Decision

    @property
    def state(self) -> AddressState:
        """Its state from now on."""
        return replace(self.decision.after, address=self.listed.address, key=self.place.key)


def insert_all(connection: Connection, fresh: Sequence[Fresh]) -> None:
    """Append each of *fresh* to ``events`` and ``audit``, and make its state."""
    if not fresh:
        return
    ids = _ids(connection, len(fresh))
    stored = _moments(connection)
    rows = [_rows(one, at, stored) for one, at in zip(fresh, ids, strict=True)]
    tables = ((events, _EVENT), (audit, _AUDIT), (recipients, _RECIPIENT))
    for (table, columns), lines in zip(tables, zip(*rows, strict=True), strict=True):
        _insert(connection, table, columns, lines)
    _count_anew(connection, ids)


def _rows(
    one: Fresh, event_id: int, stored: Callable[[datetime], Any]
) -> tuple[tuple[Any, ...], ...]:
    """Return the rows of ``events``, ``audit`` and ``recipients``."""
    (stream, key), listed, when, reason, decision = one
    after, why = decision.after, decision.why
    who, cause = after.blocked_by, after.cause
    rule, evidence, address = after.rule, after.evidence, listed.address
    assert cause is not None
    name, at = cause.value, stored(when)
    until = stored(after.expires_at) if after.expires_at else None
    said = says_why(listed)
    event = (
        *(event_id, stream, key, address, at, ORIGIN, _LISTED, name, _TYPES[name], _BLOCKED, why),
        *(who, reason, _FAILED if said else None, str(listed.status) if listed.status else None),
        *(listed.smtp_code, rule, evidence, stored(listed.until) if listed.until else None),
    )
    values = (True, when.isoformat(), after.expires_at, who, why, name, rule, evidence)
    changed = {name: value for name, value in zip(_CHANGED, values, strict=True) if value}
    before = _blank(tuple(changed))
    trail = (event_id, at, stream, key, who, _BLOCKED, why, before, _encoded(changed))
    domain = key.rpartition("@")[2]
    state = (
        *(stream, key, address, domain, True, at, until),
        *(who, why, name, rule, evidence, 0, 0),
    )
    return event, trail, state


def says_why(listed: Listed) -> bool:
    """Whether the list quotes what a server said."""
    return bool(listed.rule or listed.status or listed.smtp_code)


@cache
def _blank(names: tuple[str, ...]) -> str:
    return _encoded({name: False if name == "blocked" else None for name in names})


def _moments(connection: Connection) -> Callable[[datetime], Any]:
    """Return what turns a time into what the driver takes."""
    dialect = connection.dialect
    convert = events.c.at.type.dialect_impl(dialect).bind_processor(dialect)
    return convert or utc


def _ids(connection: Connection, count: int) -> Sequence[int]:
    """Return ids for the next events, which no other transaction will get."""
    if connection.dialect.name == "postgresql":
        return list(connection.execute(_IDS, {"count": count}).scalars())
    # SQLite has one writer at a time, and that is us.
    last = connection.execute(select(func.max(events.c.id))).scalar() or 0
    return range(last + 1, last + 1 + count)


def _count_anew(connection: Connection, ids: Sequence[int]) -> None:
    """Let PostgreSQL know that the table has grown, each time when there are twice as many events.

    By itself it notes that a minute later, and until then goes through the whole table to find the
    few states that it is asked for.
    """
    doubled = (ids[0] - 1).bit_length() != ids[-1].bit_length()
    if doubled and connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ANALYZE recipients")


def _insert(
    connection: Connection, table: Table, columns: Sequence[str], lines: Sequence[tuple[Any, ...]]
) -> None:
    compiled = insert(table).compile(dialect=connection.dialect, column_keys=list(columns))
    if compiled.positional:
        ordered = itemgetter(*map(columns.index, compiled.positiontup or columns))
        connection.exec_driver_sql(str(compiled), list(map(ordered, lines)))
    else:
        named = [dict(zip(columns, line, strict=True)) for line in lines]
        connection.exec_driver_sql(str(compiled), named)
