"""Ask the store, and go on where it can't be asked."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, Protocol

from bounced.errors import StoreError
from bounced.log import Log
from bounced.lookup.answer import action
from bounced.lookup.dialogue import Trouble
from bounced.store.lookup import Block

_PAUSE: Final = 1.0  # seconds after a failure without another try: a dead server costs time to ask


class Looks(Protocol):
    """What is needed of ``store.lookup.Lookup``."""

    def block(self, address: str, stream: str, now: datetime) -> Block | None:
        """Return the block that stands."""


class Asker:
    """Answers one question at a time; ``open_store`` is called when the first one comes."""

    def __init__(
        self,
        open_store: Callable[[], Looks],
        log: Log,
        *,
        defer_paused: bool = False,
        accept_on_error: bool = False,
    ) -> None:
        self._open_store = open_store
        self._log = log
        self._defer_paused = defer_paused
        self._trouble = None if accept_on_error else Trouble.UNAVAILABLE
        self._store: Looks | None = None
        self._down_until = 0.0

    def __call__(self, address: str, stream: str) -> str | Trouble | None:
        """Return the action of access(5) for *address*; never raises."""
        if self._down_until and time.monotonic() < self._down_until:
            return self._trouble
        try:
            self._store = self._store or self._open_store()
            found = self._store.block(address, stream, datetime.now(UTC))
            answer = action(address, found, defer_paused=self._defer_paused) if found else None
        except StoreError as error:
            self._log.store_unavailable(why=str(error))
        except Exception as error:  # noqa: BLE001 -- a defect must not take the other answers along
            self._log.failure(doing="a look-up", error=error)
        else:
            self._down_until = 0.0
            return answer
        self._down_until = time.monotonic() + _PAUSE
        return self._trouble
