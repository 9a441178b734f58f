"""Open a store, and do work in transactions: again where that may help, and then tell of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final, Self, TypeVar

from sqlalchemy import Connection, exc

from bounced.policy import Policies
from bounced.store import health, migrations, streams
from bounced.store.apply import Effects
from bounced.store.engine import Database
from bounced.store.letters import Letters
from bounced.store.outbox import Outbox
from bounced.store.reads import Reads
from bounced.store.trouble import ConflictError

_T = TypeVar("_T")
_ATTEMPTS: Final = 3


class Transactions(Reads):
    """What changes a database, and who hears of it."""

    def __init__(
        self,
        database: Database,
        *,
        policies: Policies,
        raw_retention: timedelta | None,
        outbox: Outbox | None = None,
        free_space: int = 0,
    ) -> None:
        super().__init__(database)
        self.policies = policies
        self.listener: Callable[[Effects], None] | None = None
        self.raw_retention = raw_retention
        self.free_space = free_space
        self.outbox = outbox or Outbox(policies=policies)
        self.letters = Letters(database)

    @classmethod
    def open(
        cls,
        url: str,
        *,
        policies: Policies,
        raw_retention: timedelta | None,
        outbox: Outbox | None = None,
        free_space: int = 0,
        create: bool = True,
        read_only: bool = False,
        patience: float = 5.0,
        bulk: bool = False,
    ) -> Self:
        """Open the database at *url* and migrate it to this version's schema.

        *patience* is for how many seconds to wait for a lock.  Without *create* it must exist;
        with *read_only* it must be of this version's schema as well, and nothing is changed.
        Without an *outbox* nobody is told what happens.  With less than *free_space* octets free on
        the disk of an SQLite file no message is recorded.  With *bulk* much is
        written in a row.
        """
        database = Database(url, create=create, patience=patience, read_only=read_only, bulk=bulk)
        try:
            if read_only:
                migrations.require(database)
            else:
                migrations.upgrade(database)
        except BaseException:
            database.close()
            raise
        return cls(
            database,
            policies=policies,
            raw_retention=raw_retention,
            outbox=outbox,
            free_space=free_space,
        )

    def refuse_corrupt(self) -> None:
        """Raise StoreError where the database's file is damaged, if it isn't too large to look."""
        health.refuse_corrupt(self.database)

    def require_stream(self, stream: str | None) -> None:
        """Make sure that there is such a mail stream, where one is named.

        Raises UnknownStreamError, which names those that there are.
        """
        if stream is not None:
            with self.database.read() as connection:
                streams.require(connection, stream, self.policies.streams)

    def close(self) -> None:
        """Close all connections; the store must not be used afterwards."""
        self.database.close()

    def _tell(self, effects: Effects) -> None:
        """Tell whoever listens what has happened; it is committed already."""
        if self.listener and (effects.incidents or effects.storms or effects.revised):
            self.listener(effects)

    def _write(self, work: Callable[[Connection], _T]) -> _T:
        """Do *work* in one transaction.

        Writers take turns, so that only a stranger in the database can come in between: who has
        made a row that we were about to make, or waits for our rows and we for its.  Then the
        database has undone everything, and the same again, from the start, goes well.  A lost
        connection is another matter: nobody knows whether it was committed.
        """
        for _ in range(_ATTEMPTS - 1):
            try:
                return self._once(work)
            except (exc.IntegrityError, ConflictError):
                continue
        return self._once(work)

    def _once(self, work: Callable[[Connection], _T]) -> _T:
        with self.database.write() as connection:
            self.outbox.attach(connection)
            done = work(connection)
        self.outbox.committed()
        return done
