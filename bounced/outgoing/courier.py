"""Deliver the letters of one target: a few at a time, again and again until they have arrived.

A courier knows neither HTTP nor SMTP: ``send`` does that, and says how it went.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol, TypeVar

from bounced.errors import StoreError
from bounced.log import Log
from bounced.outgoing.schedule import wait
from bounced.store import Letter, Letters, Settled

_T = TypeVar("_T")
_SETTLING = timedelta(seconds=15)  # beside the sending itself, for a database that is slow


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """It has not arrived: why; for how long to wait at least; or that there is no use in trying."""

    why: str
    after: timedelta | None = None
    final: bool = False


class Sender(Protocol):
    """What carries a letter."""

    async def __call__(self, letter: Letter, /) -> Failure | None:
        """Send one letter; ``None`` is success.  Raises nothing for what can be expected."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True, kw_only=True)
class Courier:
    """Delivers what is for *target* until it is told to stop.

    ``timeout`` is the longest that ``send`` takes, ``slots`` how many may be under way at a time;
    it looks for more every ``poll`` seconds, or when it is woken.
    """

    target: str
    name: str
    letters: Letters
    send: Sender
    timeout: timedelta
    log: Log
    slots: int = 8
    poll: float = 1.0
    now: Callable[[], datetime] = _now
    lot: Callable[[], float] = random.random
    _under_way: dict[asyncio.Task[Settled], Letter] = field(default_factory=dict)
    _done: list[Settled] = field(default_factory=list)
    _awake: asyncio.Event = field(default_factory=asyncio.Event)
    _stopping: bool = False
    _pool: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(1, "courier"), init=False
    )

    def wake(self) -> None:
        """Look for letters now."""
        self._awake.set()

    def stop(self) -> None:
        """Take no more letters; what is under way is finished."""
        self._stopping = True
        self._awake.set()

    async def run(self) -> None:
        """Deliver, until there is nothing under way after ``stop``; if cancelled, give all back."""
        try:
            while not self._stopping or self._under_way:
                self._awake.clear()
                await self._round()
                await self._wait()
        finally:
            await self._give_back()
            self._pool.shutdown(wait=False)

    async def _round(self) -> None:
        """Settle what is done, and fill the free slots."""
        try:
            await self._settle()
            free = self.slots - len(self._under_way)
            if free and not self._stopping:
                lease = self.timeout + _SETTLING
                claimed = await self._in_thread(
                    lambda: self.letters.claim(self.target, self.now(), lease, free)
                )
                for letter in claimed:
                    task = asyncio.create_task(self._deliver(letter))
                    task.add_done_callback(lambda _: self._awake.set())
                    self._under_way[task] = letter
        except StoreError as error:
            self.log.store_unavailable(why=str(error))
            await asyncio.sleep(self.poll)

    async def _settle(self) -> None:
        """Write down what has ended; where that fails it is kept for the next time."""
        for task in [task for task in self._under_way if task.done()]:
            del self._under_way[task]
            self._done.append(task.result())
        if self._done:
            done = list(self._done)
            await self._in_thread(lambda: self.letters.settle(done, self.now()))
            del self._done[: len(done)]

    async def _wait(self) -> None:
        """Wait for the end of one, for a call, or for the time to look again."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.poll):
                await self._awake.wait()

    async def _deliver(self, letter: Letter) -> Settled:
        started = time.perf_counter()
        try:
            failure = await self.send(letter)
        except Exception as error:  # noqa: BLE001 - a defect; the letter must not be lost by it
            self.log.failure(doing=f"sending to {self.name}", error=error)
            failure = Failure(why=f"{type(error).__name__}: {error}")
        if failure is None:
            self.log.notice_sent(
                to=self.name,
                webhook_id=letter.webhook_id,
                topic=letter.topic,
                attempt=letter.attempts,
                milliseconds=1000 * (time.perf_counter() - started),
            )
            return Settled(letter=letter)
        return self._failed(letter, failure)

    def _failed(self, letter: Letter, failure: Failure) -> Settled:
        pause = None if failure.final else wait(letter.attempts, failure.after, self.lot())
        again = self.now() + pause if pause else None
        self.log.notice_failed(
            to=self.name,
            webhook_id=letter.webhook_id,
            topic=letter.topic,
            attempt=letter.attempts,
            why=failure.why,
            again_at=again,
        )
        return Settled(letter=letter, error=failure.why, again_at=again)

    async def _give_back(self) -> None:
        """Let somebody else, or the next start, have at once what we can't finish."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        for task, letter in self._under_way.items():
            if task.cancelled() or task.exception():
                stopped = "broken off, because the daemon was stopped"
                back = Settled(letter=letter, error=stopped, again_at=self.now(), undone=True)
                self._done.append(back)
            else:
                self._done.append(task.result())
        self._under_way.clear()
        with contextlib.suppress(StoreError):  # then they are free when the claim is over
            self.letters.settle(self._done, self.now())

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        done: Awaitable[_T] = asyncio.get_running_loop().run_in_executor(self._pool, work)
        return await done
