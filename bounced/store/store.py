"""The store as everything else sees it: each method is one transaction, or a few small ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from bounced.causes import Cause
from bounced.lists import Listed
from bounced.notice import Topic
from bounced.policy import Decision, What
from bounced.store import (
    incidents,
    lists,
    observe,
    outbox,
    record,
    rejudge,
    sent,
    state,
    storms,
)
from bounced.store.apply import Source, end_blocks, take_effect
from bounced.store.expiry import expire
from bounced.store.facts import Fact, by_operator
from bounced.store.incidents import Incident
from bounced.store.lists import Import, Taken
from bounced.store.notices import of_incidents, of_storms
from bounced.store.rejudge import Changes, Kept
from bounced.store.storms import Storm
from bounced.store.transactions import Transactions
from bounced.store.types import utc
from bounced.store.values import Incoming, Observed, Outcome, Recorded, Sent

_PAGE: Final = 500


class Store(Transactions):
    """One database.  May be used by several threads, and by several processes at a time.

    Every method raises StoreUnavailableError while the database is away or locked, StoreFullError
    while it can't grow, and StoreError where a person has to do something; after the first two the
    same store works again as soon as the database does.
    """

    def record(self, batch: Sequence[Incoming]) -> list[Recorded]:
        """Record messages in one transaction: when this returns, they are on the disk.

        A message that was recorded before, by its fingerprint, changes nothing.
        """
        if not batch:
            return []
        self.database.require_room(self.free_space)
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
        fact = by_operator(What.BLOCK, address, stream, now, who=who, reason=why, cause=cause)
        return self.operate([fact])[0]

    def imported(
        self, listed: Sequence[Listed], how: Import, *, dry_run: bool = False
    ) -> list[Taken | None]:
        """Take in entries of a suppression list in one transaction.

        Returns what each did, in their order; ``None`` for one that was imported before.  With
        *dry_run* nothing is changed.  Others wait meanwhile: two thousand take some 100 ms.
        """
        if dry_run:
            with self.database.read() as connection:
                return lists.take_in(connection, listed, how, self.policies, lasting=False)
        return self._write(lambda at: lists.take_in(at, listed, how, self.policies))

    def unblock(
        self, address: str, *, why: str, who: str, now: datetime, stream: str = "default"
    ) -> Decision:
        """Lift a block; the address starts clean.  ``unchanged`` where there was none."""
        fact = by_operator(What.UNBLOCK, address, stream, now, who=who, reason=why)
        return self.operate([fact])[0]

    def delivered(
        self, address: str, *, who: str, now: datetime, stream: str = "default"
    ) -> Decision:
        """Take note of a delivery: soft failures up to then are forgotten, a block stays."""
        return self.operate([by_operator(What.DELIVERED, address, stream, now, who=who)])[0]

    def operate(self, facts: Sequence[Fact]) -> list[Decision]:
        """Do what operators do, all or nothing; return what each did, in their order."""
        sources = [Source([fact]) for fact in facts]
        effects = self._write(lambda at: take_effect(at, sources, self.policies))
        self._tell(effects)
        return [made for entries in effects.entries if (made := entries[-1].decision)]

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
        total = 0
        while deleted := self._write(lambda connection: expire(connection, utc(now))):
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
        """End the storms and close the incidents that are over at *now*; return them.

        Blocks whose time is over end by themselves; it is noted here, for the history and for
        whoever wants to be told.
        """
        now = utc(now)
        self.end_blocks(now)

        def work(connection: Connection) -> tuple[list[Storm], list[Incident]]:
            ended, closed = (
                storms.end(connection, now, self.policies),
                incidents.end(connection, now),
            )
            outbox.add(connection, of_storms(Topic.STORM_ENDED, ended))
            outbox.add(connection, of_incidents(Topic.INCIDENT_CLOSED, closed))
            return ended, closed

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

        def work(connection: Connection) -> Incident | None:
            closed = incidents.close(connection, number, who, utc(now))
            outbox.add(connection, of_incidents(Topic.INCIDENT_CLOSED, [closed] if closed else []))
            return closed

        return self._write(work)
