"""SQLite: the file, and the connections to it.

A write-ahead log, so that readers don't wait; ``synchronous=FULL``, so that a commit is on the disk
when it returns; writers take the lock when they begin, so that none fails half way.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event

from bounced.errors import StoreError, StoreUnavailableError

DRIVERS: Final = ("sqlite", "sqlite+pysqlite")
EXAMPLE: Final = "sqlite:////var/lib/bounced/bounced.sqlite"

_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA journal_size_limit={64 * 2**20}",  # what a burst has left of the log on the disk
)
_BULK: Final = f"PRAGMA wal_autocheckpoint={32 * 2**20 // 4096}"  # pages; else 1,000


class File:
    """The file of a database."""

    def __init__(self, url: URL, *, create: bool, read_only: bool) -> None:
        if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
            msg = f"{url.database or url} is no file; write {EXAMPLE}"
            raise StoreError(msg)
        self.path = Path(url.database)
        self.read_only = read_only
        if read_only or not create:
            _find(self.path, needed=os.R_OK if read_only else os.F_OK)
        if not read_only:
            _make(self.path)
        self._identity = self._current()

    def still_there(self) -> None:
        """Make sure that what is written to is what its name stands for.

        A file that was deleted or moved away takes every commit, and nobody ever finds them again.
        """
        if self._current() != self._identity:
            msg = (
                f"the database {self.path} was deleted, moved or replaced while in use: put it "
                "back, or restart bounced to use what is there now"
            )
            raise StoreUnavailableError(msg)

    def free(self) -> int:
        """Return how many octets its disk has left for us; as good as endless where it won't say.

        Then it is the write that finds out.
        """
        try:
            found = os.statvfs(self.path.parent)
        except OSError:
            return sys.maxsize
        return found.f_bavail * found.f_frsize

    def _current(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino


def engine(file: File, patience: float, *, writes: str, bulk: bool = False) -> Engine:
    """Return the engine; a transaction with the option *writes* takes the lock when it begins.

    For *bulk* the log gets longer before it goes into the file: the pages of an index that one
    transaction after the other writes to go there once.
    """
    path = quote(os.path.abspath(file.path).lstrip("/"))  # noqa: PTH100 -- without following links
    # One slash: behind two would stand the name of a host.
    mode = "ro" if file.read_only else "rw"
    made = create_engine(
        URL.create("sqlite", database=f"file:/{path}", query={"uri": "true", "mode": mode}),
        connect_args={"timeout": patience},
    )

    pragmas = (*_PRAGMAS, _BULK) if bulk else _PRAGMAS

    def on_connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        for pragma in () if file.read_only else pragmas:
            connection.execute(pragma).close()

    def on_begin(connection: Connection) -> None:
        exclusive = connection.get_execution_options().get(writes)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if exclusive else "BEGIN")

    event.listen(made, "connect", on_connect)
    event.listen(made, "begin", on_begin)
    return made


def _make(path: Path) -> None:
    """Make sure of a file that we may write; others may not read one that we make."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise StoreError(_no_access(path, error)) from error
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise StoreError(_no_access(path, "its directory is not writable"))


def _find(path: Path, *, needed: int) -> None:
    """Make sure of a file that is there, and that we have the right to."""
    try:
        path.stat()
    except FileNotFoundError:
        msg = (
            f"there is no database {path} yet; `bounced serve`, `bounced replay` and "
            "`bounced migrate` make it"
        )
        raise StoreError(msg) from None
    except OSError as error:
        raise StoreError(_not_for_us(path, error.strerror)) from error
    if not os.access(path, needed):
        raise StoreError(_not_for_us(path, "Permission denied"))


def _not_for_us(path: Path, why: str | None) -> str:
    return (
        f"can't read the database {path}: {why}; ask as the user that the daemon runs as, or as "
        "root"
    )


def _no_access(path: Path, why: object) -> str:
    reason = why.strerror if isinstance(why, OSError) else why
    return (
        f"can't open the database {path} for writing: {reason}; let this user write the file and "
        "its directory, or set store.url to another file; `bounced doctor` says more"
    )
