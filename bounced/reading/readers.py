"""The workers of the daemon: who is free takes the next message, who dies is replaced."""

from __future__ import annotations

import asyncio
import contextlib
import platform
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Final, Self

from bounced.errors import ChildError, ConfigError, ReadersAwayError, UnreadableError
from bounced.log import Log
from bounced.model import Envelope, Reading
from bounced.reading.forkserver import MODULE, ForkServer, Raised, Worker, WorkerEndedError
from bounced.reading.task import Task

WORKERS: Final = 2
"""Enough to keep the daemon busy, and one is left while the other has a message that is slow."""

_PAUSE: Final = 1.0  # seconds after a start that failed


class Readers:
    """Reads messages in processes of their own, while it is entered.

    A message waits at most ``patience`` seconds for its turn; longer, and there is no process to
    be had, and its sender is asked to come back.
    """

    def __init__(
        self,
        task: Task,
        log: Log,
        *,
        workers: int = WORKERS,
        patience: float = 30.0,
        module: str = MODULE,
    ) -> None:
        self._task = task
        self._log = log
        self._patience = patience
        self._module = module
        self._workers = workers
        self._free = asyncio.Semaphore(workers)
        self._alone = asyncio.Lock()
        self._starting = asyncio.Lock()
        self._failed_at = float("-inf")
        self._idle: list[Worker] = []
        self._server: ForkServer | None = None

    async def __aenter__(self) -> Self:
        """Start the workers; raises ``BouncedError`` where there are none to be had."""
        async with self._starting:
            await self._renew(self._task)
        try:
            self._accept_python()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    def _accept_python(self) -> None:
        """Raise ConfigError for a Python that the settings refuse, and log one with the defect."""
        assert self._server
        found = self._server.interpreter
        if why := found.refused(self._task.python):
            raise ConfigError(why)
        if found.unfixed:
            self._log.python_unfixed(version=platform.python_version(), exposed=found.exposed)

    async def __aexit__(self, *_: object) -> None:
        """End them."""
        await self._end_idle()
        if self._server:
            await self._server.close()

    async def reload(self, task: Task) -> None:
        """Read by a new *task* from now on; raises ``BouncedError``, and the old one stays."""
        async with self._starting:
            await self._renew(task)

    async def read(self, raw: bytes, envelope: Envelope) -> tuple[Reading, str]:
        """Return what one message says, and its fingerprint.

        Raises UnreadableError where no reader comes to an end with it, ReadersAwayError where none
        can be had, or the machine has no time for one.
        """
        at = datetime.now(UTC)
        try:
            async with self._turn(self._free):
                return await self._try(await self._worker(), raw, envelope, at)
        except WorkerEndedError as error:
            self._log.reader_ended(why=str(error), attempt=1)
        async with self._turn(self._alone):
            worker = await self._fork()
            try:
                return await self._try(worker, raw, envelope, at)
            except WorkerEndedError as error:
                self._log.reader_ended(why=str(error), attempt=2)
                if error.starved:  # not the message's fault
                    raise ReadersAwayError(str(error)) from None
                raise UnreadableError(str(error)) from None

    @contextlib.asynccontextmanager
    async def _turn(self, of: asyncio.Semaphore | asyncio.Lock) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._patience):
                await of.acquire()
        except TimeoutError:
            msg = f"no reader was free for {self._patience:g} s"
            raise ReadersAwayError(msg) from None
        try:
            yield
        finally:
            of.release()

    async def _try(
        self, worker: Worker, raw: bytes, envelope: Envelope, at: datetime
    ) -> tuple[Reading, str]:
        """Have *worker* read a message, and keep it for the next one."""
        found = await worker.read(raw, envelope, at)
        await self._keep(worker)
        if isinstance(found, Raised):
            raise UnreadableError(found.name, found.text)
        return found

    async def _keep(self, worker: Worker) -> None:
        if worker.server is self._server and len(self._idle) < self._workers:
            self._idle.append(worker)
        else:
            await worker.end()

    async def _worker(self) -> Worker:
        while self._idle:
            worker = self._idle.pop()
            if not worker.is_gone:
                return worker
            self._log.reader_ended(why=(await worker.end()).why, attempt=0)
        return await self._fork()

    async def _fork(self) -> Worker:
        """Return a new worker, from a new fork server where the old one has died."""
        server = self._server
        if server is not None and server.is_alive:
            try:
                return await server.fork()
            except ReadersAwayError:
                if server.is_alive:
                    raise
        return await (await self._restarted(server)).fork()

    async def _restarted(self, dead: ForkServer | None) -> ForkServer:
        async with self._starting:
            if self._server is dead:
                if time.monotonic() < self._failed_at + _PAUSE:
                    msg = "the process that forks the readers could not be started a moment ago"
                    raise ReadersAwayError(msg)
                try:
                    await self._renew(self._task)
                except ChildError as error:
                    self._failed_at = time.monotonic()
                    self._log.failure(doing="starting the readers again", error=error)
                    msg = f"no process to read mail: {error}"
                    raise ReadersAwayError(msg) from None
            assert self._server
            return self._server

    async def _renew(self, task: Task) -> None:
        """Start a fork server and its workers, and when they run, end the old ones."""
        server = await ForkServer.start(task, self._module)
        try:
            workers = [await server.fork() for _ in range(self._workers)]
        except BaseException:
            await server.close()
            raise
        old, self._server, self._task = self._server, server, task
        await self._end_idle()
        self._idle += workers
        if old:
            old.retire()

    async def _end_idle(self) -> None:
        while self._idle:
            await self._idle.pop().end()
