"""Open a database and hand out transactions: one writer at a time, readers that never wait.

What is peculiar to one kind of database stands in :mod:`bounced.store.sqlite` and
:mod:`bounced.store.postgresql`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import URL, Connection, exc, make_url

from bounced.errors import StoreError, StoreFullError
from bounced.store import postgresql, sqlite
from bounced.store.trouble import translated

WRITES: Final = "bounced_writes"
"""The execution option of a transaction that writes."""


class Database:
    """One database; ``name`` is how messages call it: its file, or its URL without the password.

    Without *create* it must exist; with *read_only* as well, and nothing is written into it.  With
    *bulk* much is written in a row.
    """

    def __init__(
        self,
        url: str,
        *,
        create: bool,
        patience: float,
        read_only: bool = False,
        bulk: bool = False,
    ) -> None:
        parsed = _parsed(url)
        self._file: sqlite.File | None = None
        if parsed.get_backend_name() == "sqlite":
            self._file = sqlite.File(parsed, create=create, read_only=read_only)
            self.name = str(self._file.path)
            self.engine = sqlite.engine(self._file, patience, writes=WRITES, bulk=bulk)
        else:
            self.name = postgresql.name(parsed)
            self.engine = postgresql.engine(parsed, patience, writes=WRITES)
        self._read_only = read_only

    @property
    def is_file(self) -> bool:
        """Whether it is a file of SQLite's, whose path is ``name``."""
        return self._file is not None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Yield a connection in a transaction that is committed and synced when the block ends.

        It sees all that was committed before, since nobody else writes meanwhile.  Raises
        StoreUnavailableError where another process writes for longer than the patience given,
        ConflictError where the same again may go well, StoreFullError, StoreError.
        """
        if self._read_only:
            msg = f"the database {self.name} was opened for reading only"
            raise StoreError(msg)
        self.still_there()
        with translated(self.name), self.engine.connect() as plain:
            connection = plain.execution_options(**{WRITES: True})
            with connection.begin():
                yield connection
        self.still_there()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Yield a connection that sees one state of the database throughout, and writes nothing."""
        with translated(self.name), self.engine.connect() as connection:
            if self._file is None:
                postgresql.only_read(connection)
            yield connection

    def require_room(self, octets: int) -> None:
        """Raise StoreFullError with less than *octets* free for an SQLite file, in it or beside it.

        What is left then is for what makes room: an SQLite that has filled its disk can't even
        delete any more.
        """
        if self._file is None or self._file.free() >= octets:
            return
        with self.read() as connection:
            pages, size = (
                connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
                for name in ("freelist_count", "page_size")
            )
        free = self._file.free() + int(pages) * int(size)
        if free < octets:
            msg = (
                f"the database {self.name} has {free >> 20} MiB left to grow, and no message is "
                f"taken with less than {octets >> 20} MiB (store.free_space): free some space on "
                "its disk"
            )
            raise StoreFullError(msg)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def still_there(self) -> None:
        """Make sure that what is written to is what its name stands for."""
        if self._file:
            self._file.still_there()


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (exc.ArgumentError, ValueError):  # whose texts may show the password
        parsed = None
    examples = f"write {sqlite.EXAMPLE} or {postgresql.EXAMPLE}"
    if parsed is None or "@" in (parsed.host or ""):  # the rest of a password
        msg = (
            f"store.url is no database URL; {examples}, with %40, %3A and %2F for @, : and / in a "
            "name or password"
        )
        raise StoreError(msg)
    if parsed.drivername not in {*sqlite.DRIVERS, *postgresql.DRIVERS}:
        msg = f"no store is made for {parsed.drivername}; {examples}"
        raise StoreError(msg)
    return parsed
