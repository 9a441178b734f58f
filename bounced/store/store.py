"""The store as everything else sees it: each method is one transaction, or a few small ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Self, TypeVar

from sqlalchemy import Connection, delete, exc, select

from bounced.causes import Cause
from bounced.policy import AddressState, Decision, Policies, What
from bounced.store import history, migrations, record, state
from bounced.store.apply import end_blocks, take_effect
from bounced.store.engine import Database
from bounced.store.facts import Fact, by_operator, of_dialogue
from bounced.store.letters import Letters
from bounced.store.outbox import Outbox
from bounced.store.schema import outbox as outbox_rows
from bounced.store.schema import raw_messages
from bounced.store.state import place
from bounced.store.types import utc
from bounced.store.values import HistoryEntry, Incoming, Observed, Outcome, Recorded

_T = TypeVar("_T")
_PAGE: Final = 500
_ATTEMPTS: Final = 3


class Store:
    """One database.  May be used by several threads, and by several processes at a time.

    Every method raises StoreUnavailableError while the database is away or locked, StoreFullError
    while it can't grow, and StoreError where a person has to do something; after the first two the
    same store works again as soon as the database does.
    """

    def __init__(
        self,
        database: Database,
        *,
        policies: Policies,
        raw_retention: timedelta | None,
        outbox: Outbox | None = None,
    ) -> None:
        self.database = database
        self.policies = policies
        self.raw_retention = raw_retention
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
        create: bool = True,
        patience: float = 5.0,
    ) -> Self:
        """Open the database at *url* and migrate it to this version's schema.

        *patience* is for how many seconds to wait for a lock.  Without *create* it must exist,
        without an *outbox* nobody is told what happens.
        """
        database = Database(url, create=create, patience=patience)
        try:
            migrations.upgrade(database)
        except BaseException:
            database.close()
            raise
        return cls(database, policies=policies, raw_retention=raw_retention, outbox=outbox)

    def close(self) -> None:
        """Close all connections; the store must not be used afterwards."""
        self.database.close()

    def record(self, batch: Sequence[Incoming]) -> list[Recorded]:
        """Record messages in one transaction: when this returns, they are on the disk.

        A message that was recorded before, by its fingerprint, changes nothing.
        """
        if not batch:
            return []
        prepared = record.prepare(batch, self.raw_retention)
        return self._write(lambda connection: record.record(connection, prepared, self.policies))

    def preview(self, incoming: Incoming) -> tuple[Outcome, ...]:
        """Return what ``record`` would do with *incoming*; changes nothing.

        Empty for a message that was recorded before.
        """
        with self.database.read() as connection:
            return record.preview(connection, incoming, self.policies)

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
        with self.database.read() as connection:
            return state.find(connection, place(stream, address), _utc(now))

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

    def block(
        self,
        address: str,
        *,
        why: str,
        who: str,
        now: datetime,
        stream: str = "default",
        cause: Cause | None = None,
    ) -> Decision:
        """Block *address*, or with ``@example.org`` a whole domain, until an operator lifts it."""
        return self._operate(
            by_operator(What.BLOCK, address, stream, now, who=who, reason=why, cause=cause)
        )

    def unblock(
        self, address: str, *, why: str, who: str, now: datetime, stream: str = "default"
    ) -> Decision:
        """Lift a block; the address starts clean.  ``unchanged`` where there was none."""
        return self._operate(by_operator(What.UNBLOCK, address, stream, now, who=who, reason=why))

    def delivered(
        self, address: str, *, who: str, now: datetime, stream: str = "default"
    ) -> Decision:
        """Take note of a delivery: soft failures up to then are forgotten, a block stays."""
        return self._operate(by_operator(What.DELIVERED, address, stream, now, who=who))

    def end_blocks(self, now: datetime) -> int:
        """End the blocks whose time is over, so that it is told; return how many."""
        total = 0
        while ended := self._end_some(utc(now)):
            total += ended
        return total

    def _end_some(self, now: datetime) -> int:
        with self.database.read() as connection:  # most of the time there is none
            if not state.ending(connection, now):
                return 0
        return self._write(lambda connection: end_blocks(connection, now, _PAGE))

    def expire_raw(self, now: datetime) -> int:
        """Delete the raw messages whose time is over; return how many, never locking for long.

        One that is still to be forwarded waits for that.
        """
        wanted = select(outbox_rows.c.message_id).where(outbox_rows.c.message_id.is_not(None))
        due = select(raw_messages.c.message_id).where(
            raw_messages.c.expires_at <= utc(now), raw_messages.c.message_id.not_in(wanted)
        )
        some = delete(raw_messages).where(raw_messages.c.message_id.in_(due.limit(_PAGE)))
        total = 0
        while deleted := self._write(lambda connection: connection.execute(some).rowcount):
            total += deleted
        return total

    def observe(
        self, batch: Sequence[Observed], also: Callable[[Connection], None] | None = None
    ) -> list[Decision | None]:
        """Record what the sender's own SMTP client saw; return what each did, in their order.

        ``None`` for what is no address.  *also* is done in the same transaction.
        """

        def work(connection: Connection) -> list[Decision | None]:
            sources = [(None, [of_dialogue(one)]) for one in batch]
            judged = take_effect(connection, sources, self.policies)
            if also:
                also(connection)
            return [entries[-1].decision for entries in judged]

        return self._write(work)

    def _operate(self, fact: Fact) -> Decision:
        judged = self._write(lambda at: take_effect(at, [(None, [fact])], self.policies))
        decision = judged[0][-1].decision
        assert decision is not None
        return decision

    def _write(self, work: Callable[[Connection], _T]) -> _T:
        """Do *work* in one transaction.

        Where another process has just made a row that we were about to make, start again: this time
        the row is there, and gets locked.  SQLite's writers can't meet like that.
        """
        for _ in range(_ATTEMPTS - 1):
            try:
                return self._once(work)
            except exc.IntegrityError:
                continue
        return self._once(work)

    def _once(self, work: Callable[[Connection], _T]) -> _T:
        with self.database.write() as connection:
            self.outbox.attach(connection)
            done = work(connection)
        self.outbox.committed()
        return done


def _utc(now: datetime | None) -> datetime:
    return datetime.now(UTC) if now is None else utc(now)
