"""The store as everything else sees it: each method is one transaction, or a few small ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final, Self, TypeVar

from sqlalchemy import Connection, delete, exc, select

from bounced.causes import Cause
from bounced.policy import Decision, Policies, What
from bounced.store import incidents, migrations, observe, record, rejudge, sent, storms
from bounced.store.apply import Effects, Source, take_effect
from bounced.store.engine import Database
from bounced.store.facts import Fact, by_operator
from bounced.store.incidents import Incident
from bounced.store.reads import Reads
from bounced.store.rejudge import Changes, Kept
from bounced.store.schema import raw_messages
from bounced.store.storms import Storm
from bounced.store.types import utc
from bounced.store.values import Incoming, Observed, Outcome, Recorded, Sent

_T = TypeVar("_T")
_PAGE: Final = 500
_ATTEMPTS: Final = 3


class Store(Reads):
    """One database.  May be used by several threads, and by several processes at a time.

    Every method raises StoreUnavailableError while the database is away or locked, StoreFullError
    while it can't grow, and StoreError where a person has to do something; after the first two the
    same store works again as soon as the database does.
    """

    def __init__(
        self, database: Database, *, policies: Policies, raw_retention: timedelta | None
    ) -> None:
        super().__init__(database)
        self.policies = policies
        self.listener: Callable[[Effects], None] | None = None
        self.raw_retention = raw_retention

    @classmethod
    def open(
        cls,
        url: str,
        *,
        policies: Policies,
        raw_retention: timedelta | None,
        create: bool = True,
        patience: float = 5.0,
    ) -> Self:
        """Open the database at *url* and migrate it to this version's schema.

        *patience* is for how many seconds to wait for a lock.  Without *create* it must exist.
        """
        database = Database(url, create=create, patience=patience)
        try:
            migrations.upgrade(database)
        except BaseException:
            database.close()
            raise
        return cls(database, policies=policies, raw_retention=raw_retention)

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
        recorded, effects = self._write(
            lambda connection: record.record(connection, prepared, self.policies)
        )
        self._tell(effects)
        return recorded

    def preview(self, incoming: Incoming) -> tuple[Outcome, ...]:
        """Return what ``record`` would do with *incoming*; changes nothing.

        Empty for a message that was recorded before.
        """
        with self.database.read() as connection:
            return record.preview(connection, incoming, self.policies)

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

    def told(self, messages: Sequence[Sent]) -> None:
        """Remember messages that were sent, so that a report about one is known to be ours.

        What was told before changes nothing.
        """
        if messages:
            self._write(lambda connection: sent.tell(connection, messages))

    def forget_sent(self, before: datetime) -> int:
        """Forget the messages that were sent *before*; return how many, never locking for long."""
        total = 0
        while deleted := self._write(lambda connection: sent.forget(connection, before)):
            total += deleted
        return total

    def expire_raw(self, now: datetime) -> int:
        """Delete the raw messages whose time is over; return how many, never locking for long."""
        due = select(raw_messages.c.message_id).where(raw_messages.c.expires_at <= utc(now))
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
        decisions, effects = self._write(lambda at: observe.observe(at, batch, self.policies, also))
        self._tell(effects)
        return decisions

    def sweep(self, now: datetime) -> tuple[list[Storm], list[Incident]]:
        """End the storms and close the incidents that are over at *now*; return them."""
        now = utc(now)

        def work(connection: Connection) -> tuple[list[Storm], list[Incident]]:
            ended = storms.end(connection, now, self.policies)
            return ended, incidents.end(connection, now)

        return self._write(work)

    def rejudge(
        self,
        read: Callable[[Kept], Incoming],
        *,
        now: datetime,
        since: datetime | None = None,
        dry_run: bool = False,
    ) -> Iterator[Changes]:
        """Judge kept messages again as *read* reads them today; yield what changes, bit by bit.

        What is read otherwise is found first, without a lock.  With *dry_run* all of it is done,
        told and undone in one transaction.
        """
        others: list[int] = []
        ids = [0]
        while ids:
            with self.database.read() as connection:
                ids, some = rejudge.scan(connection, ids[-1], since, read)
            others += some
            yield Changes(len(ids), [], [])
        size = max(1, len(others)) if dry_run else rejudge.PAGE
        for start in range(0, len(others), size):
            yield self._rejudged(others[start : start + size], read, utc(now), dry_run=dry_run)

    def _rejudged(
        self, ids: list[int], read: Callable[[Kept], Incoming], now: datetime, *, dry_run: bool
    ) -> Changes:
        def work(connection: Connection) -> Changes:
            with connection.begin_nested() as trial:
                changes = rejudge.rejudge(connection, ids, read, self.policies, now)
                if dry_run:
                    trial.rollback()
            return changes

        return self._write(work)

    def close_incident(self, number: int, *, who: str, now: datetime) -> Incident | None:
        """Close an incident by hand; ``None`` where no open one has that number."""
        return self._write(lambda at: incidents.close(at, number, who, utc(now)))

    def _operate(self, fact: Fact) -> Decision:
        effects = self._write(lambda at: take_effect(at, [Source([fact])], self.policies))
        self._tell(effects)
        decision = effects.entries[0][-1].decision
        assert decision is not None
        return decision

    def _tell(self, effects: Effects) -> None:
        """Tell whoever listens what has happened; it is committed already."""
        if self.listener and (effects.incidents or effects.storms or effects.revised):
            self.listener(effects)

    def _write(self, work: Callable[[Connection], _T]) -> _T:
        """Do *work* in one transaction.

        Where another process has just made a row that we were about to make, start again: this time
        the row is there, and gets locked.  SQLite's writers can't meet like that.
        """
        for _ in range(_ATTEMPTS - 1):
            try:
                with self.database.write() as connection:
                    return work(connection)
            except exc.IntegrityError:
                continue
        with self.database.write() as connection:
            return work(connection)
