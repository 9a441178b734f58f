"""Open a database and hand out transactions.  All that is peculiar to one database stands here.

SQLite: write-ahead log, so that readers don't wait; ``synchronous=FULL``, so that a commit is on
the disk when it returns; writers take the lock when they begin, so that none fails half way.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, make_url

from bounced.errors import StoreError, StoreUnavailableError
from bounced.store.trouble import translated

_PRAGMAS: Final = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    f"PRAGMA journal_size_limit={64 * 2**20}",  # what a burst has left of the log on the disk
)
_WRITES: Final = "bounced_writes"


class Database:
    """One database; ``name`` is how messages call it: its file, or its URL without the password."""

    def __init__(self, url: str, *, create: bool, patience: float) -> None:
        parsed = _parsed(url)
        self.name = parsed.database or "" if _is_sqlite(parsed) else parsed.render_as_string()
        self._file: Path | None = None
        self._identity: tuple[int, int] | None = None
        if _is_sqlite(parsed):
            self._file = _prepare_file(parsed, create=create)
            self._identity = _identity(self._file)
        self.engine = _engine(parsed, patience)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield a connection in a transaction that is committed and synced when the block ends.

        Raises StoreUnavailableError where another process holds the lock for longer than the
        patience given, StoreFullError, StoreError.
        """
        self.still_there()
        with translated(self.name), self.engine.connect() as plain:
            connection = plain.execution_options(**{_WRITES: True})
            with connection.begin():
                yield connection
        self.still_there()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection that sees one state of the database throughout, and writes nothing."""
        with translated(self.name), self.engine.connect() as connection:
            yield connection

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def still_there(self) -> None:
        """Make sure that what is written to is what its name stands for.

        A file that was deleted or moved away takes every commit, and nobody ever finds them again.
        """
        if self._file and _identity(self._file) != self._identity:
            msg = (
                f"the database {self.name} was deleted, moved or replaced while in use: put it "
                "back, or restart bounced to use what is there now"
            )
            raise StoreUnavailableError(msg)


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _parsed(url: str) -> URL:
    try:
        return make_url(url)
    except exc.ArgumentError as error:
        msg = f"{url!r} is no database URL; write sqlite:////var/lib/bounced/bounced.sqlite"
        raise StoreError(msg) from error


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _prepare_file(url: URL, *, create: bool) -> Path:
    """Return the file, which we may write and others may not read."""
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        msg = f"{url.database or url} is no file; write sqlite:////var/lib/bounced/bounced.sqlite"
        raise StoreError(msg)
    path = Path(url.database)
    try:
        if not create and not path.exists():
            msg = (
                f"there is no database {path} yet; `bounced serve`, `bounced replay` and "
                "`bounced migrate` make it"
            )
            raise StoreError(msg)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise StoreError(_no_access(path, error)) from error
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise StoreError(_no_access(path, "its directory is not writable"))
    return path


def _no_access(path: Path, why: object) -> str:
    reason = why.strerror if isinstance(why, OSError) else why
    return (
        f"can't open the database {path} for writing: {reason}; let this user write the file and "
        f"its directory, or set store.url to another file"
    )


def _engine(url: URL, patience: float) -> Engine:
    options: dict[str, Any] = {"connect_args": {"timeout": patience}}
    if not _is_sqlite(url):
        options = {"pool_pre_ping": True, "pool_timeout": patience}
    try:
        engine = create_engine(url, **options)
    except (exc.NoSuchModuleError, ModuleNotFoundError) as error:
        driver = url.get_driver_name() if isinstance(error, ModuleNotFoundError) else ""
        hint = f"install its driver: pip install {driver}" if driver else "SQLAlchemy knows none"
        msg = f"no driver for {url.drivername}: {hint}"
        raise StoreError(msg) from error
    if _is_sqlite(url):
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, below
    for pragma in _PRAGMAS:
        connection.execute(pragma).close()


def _on_begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
