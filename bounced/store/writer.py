"""Group commit: while one commit is under way, the messages that arrive form the next batch.

One thread, one writer.  A message's future is done after the commit that holds it, never before.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Final, Protocol

from bounced.errors import StoreError, StoreUnavailableError
from bounced.model import Defect, Kind, Reading, Report
from bounced.store.values import Incoming, Recorded

_MAX_OCTETS: Final = 32 * 2**20  # of raw messages in one batch; one message alone may be larger
_Waiting = tuple[Incoming, "Future[Recorded]"]


class Records(Protocol):
    """What the writer needs of a store."""

    def record(self, batch: Sequence[Incoming], /) -> list[Recorded]:
        """Record a batch in one transaction."""


class Writer:
    """Commits what many threads submit.  ``max_waiting`` bounds what is held in memory."""

    def __init__(self, store: Records, *, max_batch: int = 100, max_waiting: int = 1000) -> None:
        self._store = store
        self._max_batch = max_batch
        self._max_waiting = max_waiting
        self._waiting: deque[_Waiting] = deque()
        self._wake = threading.Condition()
        self._stopping = False
        self._since: float | None = None  # the last end of a commit, while there is more to do
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)

    @property
    def stalled(self) -> float:
        """For how many seconds there has been something to do and no commit came to an end."""
        since = self._since
        return 0.0 if since is None else time.monotonic() - since

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def submit(self, incoming: Incoming) -> Future[Recorded]:
        """Hand over one message; never waits.

        The future gets the store's exception where the commit fails, and a StoreUnavailableError
        at once where too many messages are waiting or the writer has been stopped.
        """
        future: Future[Recorded] = Future()
        with self._wake:
            refusal = self._refusal()
            if refusal is None:
                self._waiting.append((incoming, future))
                self._since = self._since or time.monotonic()
                self._wake.notify()
        if refusal:
            future.set_exception(StoreUnavailableError(refusal))
        return future

    def stop(self) -> None:
        """Commit what was submitted, then end the thread."""
        with self._wake:
            self._stopping = True
            self._wake.notify()
        if self._thread.ident is not None:
            self._thread.join()

    def _refusal(self) -> str | None:
        if self._stopping:
            return "the store is being closed"
        if len(self._waiting) >= self._max_waiting:
            return f"{self._max_waiting} messages wait to be stored; no more until they are"
        return None

    def _run(self) -> None:
        while batch := self._next():
            self._commit(batch)
            with self._wake:
                self._since = time.monotonic() if self._waiting else None

    def _next(self) -> list[_Waiting]:
        """Wait for messages and take what is there; nothing means that it is time to stop."""
        with self._wake:
            self._wake.wait_for(lambda: self._waiting or self._stopping)
            batch: list[_Waiting] = []
            octets = 0
            while self._waiting and len(batch) < self._max_batch:
                octets += len(self._waiting[0][0].raw)
                if batch and octets > _MAX_OCTETS:
                    break
                batch.append(self._waiting.popleft())
            return batch

    def _commit(self, batch: list[_Waiting]) -> None:
        # Whoever has gone away was told nothing, and will bring the message again.
        live = [one for one in batch if one[1].set_running_or_notify_cancel()]
        try:
            recorded = self._store.record([incoming for incoming, _ in live])
        except StoreError as error:
            for _, future in live:
                future.set_exception(error)
        except Exception:  # noqa: BLE001 -- a defect, for one message's sake: the others must not suffer
            for incoming, future in live:
                self._commit_alone(incoming, future)
        else:
            for (_, future), one in zip(live, recorded, strict=True):
                future.set_result(one)

    def _commit_alone(self, incoming: Incoming, future: Future[Recorded]) -> None:
        """Store one message of a batch that failed; what was read in it gives way to its bytes."""
        try:
            recorded = self._alone(incoming)
        except Exception as error:  # noqa: BLE001 -- it belongs to whoever waits for the message
            future.set_exception(error)
        else:
            future.set_result(recorded)

    def _alone(self, incoming: Incoming) -> Recorded:
        try:
            return self._store.record([incoming])[0]
        except StoreError:
            raise
        except Exception as error:  # noqa: BLE001 -- whatever it was, the message is kept
            return self._store.record([_unread(incoming, error)])[0]


def _unread(incoming: Incoming, error: Exception) -> Incoming:
    """Return *incoming* as a message that no reader understands."""
    defect = Defect(field="store", text=f"the report can't be stored: {type(error).__name__}")
    because = "its report can't be stored"
    report = Report(kind=Kind.UNRECOGNISED, source="none", because=because, defects=(defect,))
    return replace(incoming, reading=Reading(report=report))
