"""Put the entries of a long list in the order of their keys, on the disk instead of in memory.

Indexes are in that order: so thousands of new rows touch a few pages of each, where in the order of
a list they touch nearly as many pages as they are.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from bounced.causes import Cause
from bounced.lists import Listed
from bounced.model import Status
from bounced.store.trouble import translated

_NAME: Final = "for sorting, in the folder for temporary files (TMPDIR)"
_SHAPE: Final = (
    "CREATE TABLE entries (stream, key, address, cause, why, since, until, status, smtp_code, rule,"
    " evidence)"
)
_INSERT: Final = "INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_SELECT: Final = "SELECT * FROM entries ORDER BY stream, key, rowid"
_Row = tuple[Any, ...]


@contextmanager
def in_order(entries: Iterable[Listed]) -> Iterator[Iterator[Listed]]:
    """Take all *entries*, and yield them by stream and key; those of one key keep their order.

    Raises StoreFullError where the disk for temporary files is full.
    """
    with translated(_NAME):
        database = sqlite3.connect("", isolation_level=None)  # a file without a name, soon gone
        try:
            database.execute("PRAGMA journal_mode = OFF")
            database.execute("PRAGMA synchronous = OFF")
            database.execute(_SHAPE)
            database.execute("BEGIN")
            database.executemany(_INSERT, map(_row, entries))
            yield map(_entry, database.execute(_SELECT))
        finally:
            database.close()


def _row(one: Listed) -> _Row:
    return (
        *(one.stream, one.key, one.address, one.cause.value, one.why),
        one.since and one.since.isoformat(),
        one.until and one.until.isoformat(),
        one.status and str(one.status),
        *(one.smtp_code, one.rule, one.evidence),
    )


def _entry(row: _Row) -> Listed:
    stream, key, address, cause, why, since, until, status, code, rule, evidence = row
    return Listed(
        address,
        key,
        _CAUSES[cause],
        why,
        datetime.fromisoformat(since) if since else None,
        datetime.fromisoformat(until) if until else None,
        stream,
        _status(status) if status else None,
        code,
        rule,
        evidence,
    )


_CAUSES: Final = {cause.value: cause for cause in Cause}
_status: Final = lru_cache(1_000)(Status.find)
