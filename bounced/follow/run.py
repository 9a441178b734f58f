"""Read, count, record, again: each piece that was read is one commit, with the place it ends at."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from bounced.errors import StoreUnavailableError
from bounced.follow.counting import Counting
from bounced.follow.source import Read, Source
from bounced.maillog import Line, Queue
from bounced.policy import Decision
from bounced.store import Observed, Sent
from bounced.store.followed import Followed, Position

_PAUSE: Final = 0.2  # seconds between two looks for something new
_FAR: Final = (
    1 << 20
)  # octets in which nothing counted, after which the place is saved all the same
_BACK_OFF: Final = (1, 2, 5, 10, 30)  # seconds until the store is asked again; then the last

Parse = Callable[[bytes, datetime], Line | None]


@dataclass(slots=True)
class Summary:
    """What was read, and what of it counted; ``known`` are those that were recorded before."""

    lines: int = 0
    delivered: int = 0
    rejected: int = 0
    known: int = 0
    skipped: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True, kw_only=True)
class Follower:
    """One log on its way into the store.

    *stop* ends it after what it is about.  With *once* it ends where the log ends for now.
    ``on_done`` is told what counted and what that did, ``None`` for what was known; ``on_trouble``
    that the store is away, which without *once* is waited for.
    """

    source: Source
    parse: Parse
    counting: Counting
    followed: Followed
    once: bool
    stop: threading.Event
    on_done: Callable[[Observed, Decision | None], None]
    on_trouble: Callable[[StoreUnavailableError], None]
    on_turn: Callable[[], None] = lambda: None
    summary: Summary = field(default_factory=Summary)
    _queue: Queue = field(default_factory=Queue)
    _unsaved: int = 0

    def run(self) -> Summary:
        """Follow until it is told to stop, or *once*; raises InputError, StoreError."""
        self._queue.mails = self.followed.mails
        self.summary.skipped = self.counting.skipped
        while not self.stop.is_set():
            self.on_turn()
            read = self.source.read()
            batch, sent = self._batch(read)
            self._unsaved += sum(map(len, read.lines))
            over = read.over or (read.waiting and self.once)
            if batch or sent or self._queue.changed or self._unsaved > (0 if over else _FAR):
                self._save(batch, sent, read.position)
            if over:
                break
            if read.waiting:
                self.stop.wait(_PAUSE)
        return self.summary

    def _batch(self, read: Read) -> tuple[list[Observed], list[Sent]]:
        """Return what counts of what was read, and whom mail was sent to."""
        now = datetime.now().astimezone()
        batch: list[Observed] = []
        sent: list[Sent] = []
        self.summary.lines += len(read.lines)
        for raw in read.lines:
            line = self.parse(raw, now)
            seen = self._queue.take(line) if line else None
            if seen and (mailed := self.counting.sent(seen)):
                sent.append(mailed)
            if seen and (one := self.counting.observed(seen)):
                batch.append(one)
        return batch, sent

    def _save(self, batch: Sequence[Observed], sent: Sequence[Sent], position: Position) -> None:
        changes = self._queue.changes()
        decisions = self._saved(
            lambda: self.followed.save(batch, sent, position, changes, datetime.now(UTC))
        )
        if decisions is None:
            return
        self._queue.changed.clear()
        self._unsaved = 0
        for one, decision in zip(batch, decisions, strict=True):
            self.summary.known += decision is None
            self.summary.rejected += decision is not None and one.judged is not None
            self.summary.delivered += decision is not None and one.judged is None
            self.on_done(one, decision)

    def _saved(self, save: Callable[[], list[Decision | None]]) -> list[Decision | None] | None:
        """Save, however long that takes; ``None`` when it is time to stop before that."""
        tries = 0
        while True:
            try:
                return save()
            except StoreUnavailableError as error:
                if self.once:
                    raise
                self.on_trouble(error)
            if self.stop.wait(_BACK_OFF[min(tries, len(_BACK_OFF) - 1)]):
                return None
            tries += 1
            self.on_turn()
