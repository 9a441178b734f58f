"""Put the entries of a long list in the order of their keys, on the disk instead of in memory.

Indexes are in that order: so thousands of new rows touch a few pages of each, where in the order of
a list they touch nearly as many pages as they are.
"""

from __future__ import annotations

import marshal
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any, Final

from bounced.causes import Cause
from bounced.lists import Listed
from bounced.model import Status
from bounced.store.trouble import translated

_NAME: Final = "for sorting, in the folder for temporary files (TMPDIR)"
_CAUSES: Final = {cause.value: cause for cause in Cause}


@contextmanager
def in_order(entries: Iterable[Listed]) -> Iterator[Iterator[Listed]]:
    """Take all *entries*, and yield them by stream and key; those of one key keep their order.

    Raises StoreFullError where the disk for temporary files is full.
    """
    # A file without a name, which is gone with us; what is in it is of no use to anybody.
    with translated(_NAME), closing(sqlite3.connect("", isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = OFF")
        database.execute("PRAGMA synchronous = OFF")
        database.execute("CREATE TABLE entries (stream, key, packed)")
        database.execute("BEGIN")
        database.executemany("INSERT INTO entries VALUES (?, ?, ?)", map(_packed, entries))
        found = database.execute("SELECT * FROM entries ORDER BY stream, key, rowid")
        yield map(_entry, found)


def _packed(one: Listed) -> tuple[str | None, str, bytes]:
    since, until = one.since, one.until
    packed = marshal.dumps(
        (
            one.address,
            one.cause.value,
            one.why,
            since.isoformat() if since else None,
            until.isoformat() if until else None,
            tuple(one.status) if one.status else None,
            one.smtp_code,
            one.rule,
            one.evidence,
        )
    )
    return one.stream, one.key, packed


def _entry(row: tuple[str | None, str, Any]) -> Listed:
    stream, key, packed = row
    address, cause, why, since, until, status, code, rule, evidence = marshal.loads(packed)  # noqa: S302 -- our own, from a file that nobody else can open
    return Listed(
        address,
        key,
        _CAUSES[cause],
        why,
        datetime.fromisoformat(since) if since else None,
        datetime.fromisoformat(until) if until else None,
        stream,
        Status(*status) if status else None,
        code,
        rule,
        evidence,
    )
