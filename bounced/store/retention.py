"""What the store keeps for a time only, and forgets: by age, or all about one address."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial

from sqlalchemy import Connection

from bounced.address.mention import Mention
from bounced.policy.breaker import Steps
from bounced.policy.outage import Span, moved
from bounced.store import deliveries, expiry, forget, sent, traces
from bounced.store.forget import Forgotten
from bounced.store.transactions import Transactions
from bounced.store.types import utc


class Retention(Transactions):
    """A store that forgets; never locking for long, but for the last step of ``forget``."""

    def forget_sent(self, before: datetime) -> int:
        """Forget the messages that were sent *before*; return how many, never locking for long."""
        total = 0
        while deleted := self._write(lambda connection: sent.forget(connection, before)):
            total += deleted
        return total

    def forget(self, address: str, *, who: str, now: datetime, dry_run: bool = False) -> Forgotten:
        """Forget *address*, so that no copy of it is left; return what there was of it.

        Its blocks stay, under a hash.  With *dry_run* all of it is done and undone.  Raises
        StoreUnavailableError where others use the database too much for the last step, which
        writes a file of SQLite's anew; then the same again does it.
        """
        found_in = traces.look(self.database, Mention(address))

        def work(connection: Connection) -> Forgotten:
            with connection.begin_nested() as trial:
                found = forget.carry_out(connection, found_in, who, utc(now))
                if dry_run:
                    trial.rollback()
            return found

        found = self._write(work)
        if not dry_run:
            self.database.rewrite({*found.deleted, *found.changed})
        return found

    def expire_raw(self, now: datetime) -> int:
        """Delete the raw messages whose time is over; return how many, never locking for long.

        One that is still to be forwarded waits for that.
        """
        total = 0
        while deleted := self._write(lambda connection: expiry.expire(connection, utc(now))):
            total += deleted
        return total

    def expire_events(self, before: datetime) -> int:
        """Delete the events, and what messages said, *before* then; return how many events.

        No state changes by it, and nothing is locked for long.
        """
        total = self._delete_old(
            expiry.old_events, partial(expiry.delete_events, now=utc(before)), utc(before)
        )
        self._delete_old(expiry.old_reports, expiry.delete_reports, utc(before))
        return total

    def _delete_old(
        self,
        find: Callable[[Connection, datetime, int], list[int]],
        delete: Callable[..., None],
        before: datetime,
    ) -> int:
        """Find without a lock, which takes longest, and delete, until nothing is found."""
        total, last = 0, 0
        while True:
            with self.database.read() as connection:
                ids = find(connection, before, last)
            if not ids:
                return total
            self._write(partial(delete, ids=ids))
            total, last = total + len(ids), ids[-1]

    def forget_deliveries(self, now: datetime) -> int:
        """Forget how much was delivered more than a week ago, as far as nobody will ask.

        That of domains which refused somebody is kept as long as messages are.  Returns of how many
        domains and times.
        """
        last = moved(utc(now), -deliveries.KEPT)
        reach = 2 * Steps.of(self.policies.default.storm_window).reach
        with self.database.read() as connection:
            due = deliveries.slots(connection, Span(moved(last, -deliveries.KEPT), last))
        total = 0
        for at in due:
            total += self._write(partial(deliveries.forget_idle, at=at, reach=reach))
        if self.raw_retention is not None:
            before = min(last, moved(utc(now), -self.raw_retention))
            total += self._write(partial(deliveries.forget, before=before))
        return total
