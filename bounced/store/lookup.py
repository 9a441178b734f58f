"""Is an address blocked?  The same answer as ``Store.state``, as fast as the database gives it.

One connection, of the driver itself, and one prepared statement.  Asked before every mail, so it
can be neither behind what is committed nor slow.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import PoolProxiedConnection, exc

from bounced.causes import Cause
from bounced.store import secrets
from bounced.store.engine import Database
from bounced.store.state import Place, place
from bounced.store.trouble import translated
from bounced.store.types import utc

_SQL: Final = (
    "SELECT key, since, expires_at, cause, evidence FROM recipients"
    " WHERE stream = {0} AND key IN ({0}, {0}, {0}) AND blocked"
    " AND (expires_at IS NULL OR expires_at > {0})"
)


_PATIENCE: Final = 2000  # milliseconds for PostgreSQL, which answers in less than one


class Block(NamedTuple):
    """A block that stands; ``key`` is ``@domain`` where an operator has blocked a whole domain.

    ``cause`` is ``None`` for one that was made by hand without any; ``expires_at`` for one that
    stands until it is lifted.
    """

    key: str
    since: datetime | None
    expires_at: datetime | None
    cause: Cause | None
    evidence: str | None


class Lookup:
    """Answers for one database.  For one thread at a time.

    Questions that were all asked before the first of them is answered may share one view of an
    SQLite file, which saves each its locks, a seventh of its time: *soon* calls back afterwards.
    """

    def __init__(
        self,
        url: str,
        *,
        patience: float = 1.0,
        soon: Callable[[Callable[[], None]], object] | None = None,
    ) -> None:
        """Open the database at *url*, which exists; *patience* in seconds, for a lock."""
        self._database = Database(url, create=False, patience=patience)
        self._sqlite = self._database.engine.dialect.name == "sqlite"
        self._sql = _SQL.format("?" if self._sqlite else "%s")
        self._held: PoolProxiedConnection | None = None
        self._connection: Any = None
        self._hasher: secrets.Hasher | None = None
        self._soon = soon if self._sqlite else None
        self._viewing = False

    def block(self, address: str, stream: str, now: datetime) -> Block | None:
        """Return the block of *address* that stands at *now*, or else that of its domain.

        Raises StoreError, StoreUnavailableError; the next question tries a new connection.
        """
        at = place(stream, address)
        domain = f"@{at.key.rpartition('@')[2]}" if "@" in at.key else "@"
        rows = self._rows(at, domain, now)
        found = {row[0] if row[0] in {at.key, domain} else at.key: row for row in rows}
        key = at.key if at.key in found else domain
        return _block(key, *found[key][1:]) if key in found else None

    def close(self) -> None:
        """Close the connection; the next question opens another one."""
        held, self._held, self._connection = self._held, None, None
        self._viewing = False
        if held is not None:
            with contextlib.suppress(Exception):  # it may be broken, which is why it goes
                held.invalidate()
        self._database.close()

    def _rows(self, at: Place, domain: str, now: datetime) -> list[Any]:
        errors = self._database.engine.dialect.loaded_dbapi.Error
        with translated(self._database.name):
            try:
                connection = self._view()
                hashed = self._hasher(at.key) if self._hasher else at.key
                parameters = (at.stream, at.key, domain, hashed, self._moment(now))
                # All rows at once: a statement left open would hold the write-ahead log.
                return list(connection.execute(self._sql, parameters).fetchall())
            except errors as error:
                self.close()
                raise exc.DBAPIError(self._sql, None, error) from error
            except BaseException:
                self.close()
                raise

    def _view(self) -> Any:
        """Return the connection, in a transaction where others will use it as well."""
        if self._viewing:
            return self._connection
        self._database.still_there()
        connection = self._connection or self._connect()
        if self._soon:
            connection.execute("BEGIN")
            self._viewing = True
            self._soon(self._look_away)
        return connection

    def _look_away(self) -> None:
        if self._viewing:
            self._viewing = False
            try:
                self._connection.execute("COMMIT")
            except self._database.engine.dialect.loaded_dbapi.Error:
                self.close()

    def _connect(self) -> Any:
        self._held = self._database.engine.raw_connection()
        connection: Any = self._held.driver_connection
        if self._sqlite:
            connection.execute("PRAGMA query_only=ON")
        else:
            connection.autocommit = True
            connection.execute(f"SET statement_timeout = {_PATIENCE}")
        self._hasher = secrets.hasher_of(connection.execute(secrets.SQL).fetchone())
        self._connection = connection
        return connection

    def _moment(self, now: datetime) -> object:
        """Return *now* as ``UtcDateTime`` stores it: SQLite compares texts."""
        if not self._sqlite:
            return now
        return utc(now).replace(tzinfo=None).isoformat(" ", "microseconds")


def _block(
    key: str, since: object, expires_at: object, cause: str | None, evidence: str | None
) -> Block:
    return Block(key, _when(since), _when(expires_at), Cause(cause) if cause else None, evidence)


def _when(value: Any) -> datetime | None:
    if value is None:
        return None
    return utc(datetime.fromisoformat(value) if isinstance(value, str) else value)
