"""What can be asked of a store: each method is one read, of one state of the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from sqlalchemy import select

from bounced.causes import Cause
from bounced.policy import AddressState
from bounced.store import counts, history, incidents, state, storms
from bounced.store.counts import Counts
from bounced.store.engine import Database
from bounced.store.incidents import Incident
from bounced.store.state import place
from bounced.store.storms import Storm
from bounced.store.types import utc
from bounced.store.values import HistoryEntry

_PAGE: Final = 500


class Reads:
    """The questions.  May be asked by several threads at a time."""

    def __init__(self, database: Database) -> None:
        self.database = database

    @property
    def name(self) -> str:
        """What to call the database: its file, or its URL without the password."""
        return self.database.name

    def state(
        self, address: str, stream: str = "default", *, now: datetime | None = None
    ) -> AddressState | None:
        """Return the state of *address* at *now*, ``None`` for one that was never heard of.

        Where an operator has blocked its whole domain, that block: its ``key`` is ``@domain``.
        """
        return self.lookup([address], stream, now=now)[0]

    def lookup(
        self, addresses: Iterable[str], stream: str = "default", *, now: datetime | None = None
    ) -> list[AddressState | None]:
        """Return what ``state`` says of each address, in their order; thousands at a time."""
        wanted = [place(stream, one) for one in addresses]
        with self.database.read() as connection:
            return state.find(connection, wanted, _utc(now))

    def ping(self) -> None:
        """Ask the database anything at all."""
        with self.database.read() as connection:
            connection.execute(select(1))

    def states(
        self,
        *,
        now: datetime | None = None,
        stream: str | None = None,
        blocked: bool | None = None,
        cause: Cause | None = None,
        domain: str | None = None,
        since: datetime | None = None,
        limit: int | None = None,
        after: tuple[str, str] | None = None,
    ) -> Iterator[AddressState]:
        """Yield the states that pass every filter, as they are at *now*, by stream and key.

        ``since``: blocked, or failed last, at that time or later; ``after``: the ``(stream, key)``
        of the last one seen, to go on from there.  Read in pages: nothing is locked in between.
        """
        now = _utc(now)
        while limit is None or limit > 0:
            size = _PAGE if limit is None else min(limit, _PAGE)
            with self.database.read() as connection:
                page = state.listed(
                    connection,
                    now,
                    stream=stream,
                    blocked=blocked,
                    cause=cause,
                    domain=domain,
                    since=since,
                    limit=size,
                    after=after,
                )
            yield from page
            if len(page) < size:
                return
            after = (page[-1].stream, page[-1].key)
            limit = None if limit is None else limit - size

    def history(self, address: str, stream: str | None = None) -> list[HistoryEntry]:
        """Return the events of *address*, oldest first; of all streams unless one is named."""
        at = place(stream or "", address)
        with self.database.read() as connection:
            return history.history(connection, at, everywhere=stream is None)

    def counts(self, *, since: datetime | None = None, stream: str | None = None) -> Counts:
        """Count the messages that came in, *since* then, in one *stream*; all, where left out."""
        with self.database.read() as connection:
            return counts.count(connection, since=since, stream=stream)

    def storms(self, *, everything: bool = False) -> list[Storm]:
        """Return the storms that go on, or *everything*; the newest last."""
        with self.database.read() as connection:
            return storms.listed(connection, everything=everything)

    def incidents(self, *, everything: bool = False) -> list[Incident]:
        """Return the sender incidents that are open, or *everything*; the newest last."""
        with self.database.read() as connection:
            return incidents.listed(connection, everything=everything)


def _utc(now: datetime | None) -> datetime:
    return datetime.now(UTC) if now is None else utc(now)
