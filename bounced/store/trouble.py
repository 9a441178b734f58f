"""The database's errors, as ours: which heal by themselves, and what to do about the others.

What is no trouble of the database (a value that it can't take, a broken constraint) is a defect of
the program and passes as it is.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import exc

from bounced.errors import StoreError, StoreFullError, StoreUnavailableError

_DEFECTS: Final = (exc.DataError, exc.IntegrityError, exc.ProgrammingError, exc.NotSupportedError)
_IO_FULL: Final = frozenset({sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_SHMOPEN})
_Told = tuple[type[StoreError], str]


class ConflictError(StoreUnavailableError):
    """Another transaction came in between; this one was taken back, and may go well at once."""


# What to tell of SQLite's primary result codes, https://sqlite.org/rescode.html.
_SQLITE: Final[dict[int, _Told]] = {
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
        (
            "can't be opened: the file and its directory must exist and belong to this user, and "
            "the disk must have room for two files more; `bounced doctor` finds out"
        ),
    ),
    sqlite3.SQLITE_NOMEM: (StoreUnavailableError, "gets no memory"),
    sqlite3.SQLITE_READONLY: (
        StoreError,
        "is not writable: give this user the right to write the file and its directory",
    ),
    sqlite3.SQLITE_PERM: (StoreError, "is not accessible to this user"),
    sqlite3.SQLITE_CORRUPT: (
        StoreError,
        (
            "is corrupt: stop the daemon, keep the file, and restore a backup with `bounced "
            "restore`; `bounced doctor` says how much of it is damaged"
        ),
    ),
    sqlite3.SQLITE_NOTADB: (
        StoreError,
        "is no SQLite database; name another file, or restore a backup; `bounced doctor` says more",
    ),
}

# What to tell of PostgreSQL's SQLSTATEs, or of their classes (the first two characters):
# https://www.postgresql.org/docs/current/errcodes-appendix.html.
_POSTGRESQL: Final[dict[str, _Told]] = {
    "40": (ConflictError, "has undone this for the sake of another transaction"),
    "55P03": (
        StoreUnavailableError,
        "is locked by another session; if that lasts, find it in pg_stat_activity",
    ),
    "57": (StoreUnavailableError, "is starting, stopping, or has ended this session"),
    "57014": (
        StoreUnavailableError,
        "has cancelled this: by a person, or by a statement_timeout that is too short",
    ),
    "08": (StoreUnavailableError, "has lost the connection"),
    "25P": (StoreUnavailableError, "has ended a transaction that took too long"),
    "25006": (
        StoreUnavailableError,
        "is read-only: name the primary server in store.url, with target_session_attrs=primary",
    ),
    "53": (StoreUnavailableError, "is short of something"),
    "53100": (StoreFullError, "can't grow: the server's disk is full; free some space"),
    "53200": (StoreUnavailableError, "gets no memory from its server"),
    "53300": (
        StoreUnavailableError,
        "takes no more connections: raise max_connections, or the limit of the user or database",
    ),
    "58": (
        StoreUnavailableError,
        "can't be read or written by its server: look into the server's log",
    ),
    "28": (StoreError, "refuses this user: look at the user, the password and pg_hba.conf"),
    "3D": (StoreError, "does not exist: make it with createdb, or name another one in store.url"),
    "3F": (StoreError, "has no schema to make tables in: look at search_path"),
    "42501": (
        StoreError,
        "does not give this user the right to do this: ALTER DATABASE … OWNER TO this user",
    ),
    # No message is to blame for these, and none may be stored without its report because of them.
    "42P01": (StoreError, "lacks a table of this version: run `bounced migrate`, or restart"),
    "42703": (StoreError, "lacks a column of this version: run `bounced migrate`, or restart"),
    "42P07": (StoreError, "has a table of somebody else's by a name of ours: name another one"),
    "options": (StoreError, "can't be opened with these options: look at store.url"),
    "XX001": (StoreError, "is damaged: stop the daemons, keep the files, restore a backup"),
    "XX002": (StoreError, "has a damaged index: REINDEX DATABASE, and find out why"),
}
_PASSED: Final = ("0A", "21", "22", "23", "42", "54")  # defects of ours, by their classes
# What a server says before a session has begun comes without a SQLSTATE.
_BEFORE: Final[tuple[tuple[str, str], ...]] = (
    (r"starting up|shutting down|in recovery mode|not yet accepting", "57P03"),
    (r"too many (clients|connections)|connection slots are reserved", "53300"),
    (r"authentication failed|no password supplied|no pg_hba\.conf entry|is not permitted", "28000"),
    (r'role "[^"]*" does not exist', "28000"),
    (r'database "[^"]*" does not exist', "3D000"),
    (r"permission denied for database", "42501"),
    (r"invalid connection option|invalid \S+ value", "options"),
)
_AWAY: Final = (StoreUnavailableError, "can't be reached")


@contextmanager
def translated(name: str) -> Iterator[None]:
    """Raise a database's error inside as one of ours, naming the database."""
    try:
        yield
    except (exc.DBAPIError, exc.TimeoutError, sqlite3.Error) as error:
        ours = _ours(name, error)
        if ours is None:
            raise
        raise ours from error


def _ours(name: str, error: Exception) -> StoreError | None:
    cause = error.orig if isinstance(error, exc.DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        return None if isinstance(error, _DEFECTS) else _sqlite(name, cause)
    if isinstance(error, exc.TimeoutError):
        msg = f"the database {name} is busy: all connections to it are in use"
        return StoreUnavailableError(msg)
    state = getattr(cause, "sqlstate", None) or _before(str(cause))
    told = _postgresql(state, None if isinstance(error, _DEFECTS) else _AWAY)
    return told and told[0](f"the database {name} {told[1]} ({_first_line(cause)})")


def _sqlite(name: str, error: sqlite3.Error) -> StoreError:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    if code in _IO_FULL:
        code = sqlite3.SQLITE_FULL
    kind, advice = _SQLITE.get(code & 0xFF, (StoreError, "can't be used"))
    return kind(f"the database {name} {advice} ({error})")


def _before(words: str) -> str:
    return next((state for said, state in _BEFORE if re.search(said, words)), "")


def _postgresql(state: str, otherwise: _Told | None) -> _Told | None:
    """Return what to tell; ``None`` for a defect of ours."""
    for known in (state, state[:3], state[:2]):
        if known in _POSTGRESQL:
            return _POSTGRESQL[known]
    return None if state.startswith(_PASSED) else otherwise


def _first_line(error: object) -> str:
    return str(error).strip().partition("\n")[0]
