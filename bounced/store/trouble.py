"""The database's errors, as ours: which heal by themselves, and what to do about the others.

What is no trouble of the database (a value that it can't take, a broken constraint) is a defect of
the program and passes as it is.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import exc

from bounced.errors import StoreError, StoreFullError, StoreUnavailableError

_DEFECTS: Final = (exc.DataError, exc.IntegrityError, exc.ProgrammingError, exc.NotSupportedError)
_IO_FULL: Final = frozenset({sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_SHMOPEN})
# What to tell of SQLite's primary result codes, https://sqlite.org/rescode.html.
_SQLITE: Final[dict[int, tuple[type[StoreError], str]]] = {
    sqlite3.SQLITE_BUSY: (
        StoreUnavailableError,
        "is locked by another process; if that lasts, find it with `fuser`",
    ),
    sqlite3.SQLITE_LOCKED: (StoreUnavailableError, "is locked by this process"),
    sqlite3.SQLITE_FULL: (StoreFullError, "can't grow: the disk is full; free some space"),
    sqlite3.SQLITE_IOERR: (
        StoreUnavailableError,
        "can't be read or written: look for disk errors in the system's log",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        StoreUnavailableError,
        "can't be opened: the file and its directory must exist and belong to this user",
    ),
    sqlite3.SQLITE_NOMEM: (StoreUnavailableError, "gets no memory"),
    sqlite3.SQLITE_READONLY: (
        StoreError,
        "is not writable: give this user the right to write the file and its directory",
    ),
    sqlite3.SQLITE_PERM: (StoreError, "is not accessible to this user"),
    sqlite3.SQLITE_CORRUPT: (
        StoreError,
        "is corrupt: stop the daemon, keep the file, restore a backup (or `sqlite3 FILE .recover`)",
    ),
    sqlite3.SQLITE_NOTADB: (StoreError, "is no SQLite database; name another file"),
}
_POSTGRES_FULL: Final = frozenset({"53100", "53200"})  # disk_full, out_of_memory


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Raise a database's error inside as one of ours, naming the database."""
    try:
        yield
    except _DEFECTS:
        raise
    except (exc.DBAPIError, exc.TimeoutError, sqlite3.Error) as error:
        raise _ours(name, error) from error


def _ours(name: str, error: Exception) -> StoreError:
    cause = error.orig if isinstance(error, exc.DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        return _sqlite(name, cause)
    if getattr(cause, "sqlstate", None) in _POSTGRES_FULL:
        return StoreFullError(f"the database {name} is full: {_first_line(cause)}")
    return StoreUnavailableError(f"the database {name} is away: {_first_line(cause)}")


def _sqlite(name: str, error: sqlite3.Error) -> StoreError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    if code in _IO_FULL:
        code = sqlite3.SQLITE_FULL
    kind, advice = _SQLITE.get(code & 0xFF, (StoreError, "can't be used"))
    return kind(f"the database {name} {advice} ({error})")


def _first_line(error: object) -> str:
    return str(error).strip().partition("\n")[0]
