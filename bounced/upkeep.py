"""What comes round again and again: delete what was kept for its time, end what is over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from bounced import telling
from bounced.config import Config
from bounced.errors import StoreError
from bounced.log import Log
from bounced.store import Store

_DAY: Final = 86_400.0
_HOUR: Final = 3600.0
_MINUTE: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Upkeep:
    """The chores of a daemon; each takes the database's time, and a thread."""

    config: Config
    store: Store
    log: Log

    def chores(self) -> Iterator[tuple[float, Callable[[], None]]]:
        """Yield each chore, with the seconds from one time to the next."""
        yield _HOUR, self._chore(self._expire_raw)
        yield _HOUR, self._chore(self._forget_sent)
        if self.config.store.event_retention:
            yield _DAY, self._chore(self._expire_events)
        yield _MINUTE, self._chore(self._sweep)

    def _chore(self, work: Callable[[datetime], None]) -> Callable[[], None]:
        def do() -> None:
            try:
                work(datetime.now(UTC))
            except StoreError as error:
                self.log.store_unavailable(why=str(error))

        return do

    def _expire_raw(self, now: datetime) -> None:
        if messages := self.store.expire_raw(now):
            self.log.raw_expired(messages=messages)

    def _forget_sent(self, now: datetime) -> None:
        self.store.forget_sent(now - self.config.correlate.remember)
        self.store.forget_deliveries(now)

    def _expire_events(self, now: datetime) -> None:
        retention = self.config.store.event_retention
        if retention and (events := self.store.expire_events(now - retention)):
            self.log.events_expired(events=events)

    def _sweep(self, now: datetime) -> None:
        """End the storms and close the incidents that are over."""
        ended, closed = self.store.sweep(now)
        telling.over(self.log, ended, closed)
