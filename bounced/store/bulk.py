"""Write down thousands of addresses that nobody had heard of, and that a list blocks.

The same rows that ``write`` and ``state.save`` would make, without what these do for each value: as
tuples in the order of the columns below, which go to the driver in one call a table.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Table, func, insert, select, text

from bounced.causes import Cause
from bounced.lists import Listed
from bounced.model import Action, Status
from bounced.policy import AddressState, Effect, What
from bounced.store.schema import audit, events, recipients
from bounced.store.state import Place
from bounced.store.types import utc

ORIGIN: Final = "import"
# In the order of the tables, so that no row needs to be put into another one.
_EVENT: Final = (
    *("id", "stream", "key", "address", "at", "origin", "what", "action", "status", "smtp_code"),
    *("cause", "type", "rule", "evidence", "effect", "why", "who", "reason", "expires_at"),
)
_AUDIT: Final = ("at", "event_id", "stream", "key", "who", "effect", "before", "after", "why")
_RECIPIENT: Final = (
    *("stream", "key", "address", "domain", "blocked", "since", "expires_at", "blocked_by"),
    *("why", "cause", "rule", "evidence", "soft_count", "complaints"),
)
_LISTED, _BLOCKED, _FAILED = What.LISTED.value, Effect.BLOCKED.value, Action.FAILED.value
_NAMES: Final = {cause: (cause.value, cause.info.type.value) for cause in Cause}
_IDS: Final = text(
    "SELECT nextval(pg_get_serial_sequence('events', 'id')) FROM generate_series(1, :count)"
)
_encoded: Final = json.encoder.encode_basestring_ascii


class Fresh(NamedTuple):
    """An address that nobody had heard of, and the block that a list is the reason for."""

    place: Place
    listed: Listed
    at: datetime
    until: datetime | None
    who: str
    reason: str
    why: str

    @property
    def state(self) -> AddressState:
        """Its state from now on."""
        return AddressState(
            address=self.listed.address,
            key=self.place.key,
            stream=self.place.stream,
            blocked=True,
            since=self.at,
            expires_at=self.until,
            blocked_by=self.who,
            why=self.why,
            cause=self.listed.cause,
            rule=self.listed.rule or None,
            evidence=(self.listed.evidence or None) if self.listed.rule else None,
        )


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
    (stream, key), listed, when, ends, who, reason, why = one
    address, _, cause, _, _, over, _, status, code, rule, evidence = listed
    name, kind = _NAMES[cause]
    evidence = (evidence or None) if rule else None
    at, until = stored(when), stored(ends) if ends else None
    action = _FAILED if said(listed) else None
    words = (evidence or "") if rule else None
    expires = f', "expires_at": "{ends.isoformat()}"' if ends else ""
    quoted = f', "evidence": {_encoded(evidence)}' if evidence else ""
    before = _before(bool(ends), bool(rule), bool(evidence))
    after = (
        f'{{"blocked": true, "since": "{when.isoformat()}"{expires}'
        f"{_alike(who, why, name, rule)}{quoted}}}"
    )
    # fmt: off
    return (
        (event_id, stream, key, address, at, ORIGIN, _LISTED, action, _text(status), code, name,
         kind, rule, words, _BLOCKED, why, who, reason, stored(over) if over else None),
        (at, event_id, stream, key, who, _BLOCKED, before, after, why),
        (stream, key, address, key.rpartition("@")[2], True, at, until, who, why, name, rule,
         evidence, 0, 0),
    )
    # fmt: on


@lru_cache(1_000)
def _alike(who: str, why: str, cause: str, rule: str | None) -> str:
    """Return what is the same in the changes of address after address."""
    own = f', "rule": {_encoded(rule)}' if rule else ""
    return f', "blocked_by": {_encoded(who)}, "why": {_encoded(why)}, "cause": "{cause}"{own}'


@lru_cache(1_000)
def _text(status: Status | None) -> str | None:
    return str(status) if status else None


@cache
def _before(expires: bool, rule: bool, evidence: bool) -> str:  # noqa: FBT001 -- one look-up a row
    """Return what the fields that change were before."""
    names = [
        *("since", *(["expires_at"] if expires else []), "blocked_by", "why", "cause"),
        *(["rule"] if rule else []),
        *(["evidence"] if evidence else []),
    ]
    return json.dumps({"blocked": False} | dict.fromkeys(names))


def said(listed: Listed) -> bool:
    """Whether the list quotes what a server said."""
    return bool(listed.rule or listed.status or listed.smtp_code)


def _moments(connection: Connection) -> Callable[[datetime], Any]:
    """Return what turns a time into what the driver takes."""
    return _sqlite_moment if connection.dialect.name == "sqlite" else utc


def _sqlite_moment(when: datetime) -> str:
    """Return the text that SQLAlchemy makes of a time, in a tenth of its time."""
    return utc(when).isoformat(" ", "microseconds").removesuffix("+00:00")


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
        if compiled.positiontup != list(columns):
            lines = list(map(itemgetter(*map(columns.index, compiled.positiontup or ())), lines))
        connection.exec_driver_sql(str(compiled), list(lines))
    else:
        named = [dict(zip(columns, line, strict=True)) for line in lines]
        connection.exec_driver_sql(str(compiled), named)
