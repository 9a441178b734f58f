"""The daemon's side of the process that forks the workers, and of one worker."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple, Self

from bounced import child
from bounced.errors import ChildError, ReadersAwayError
from bounced.model import Envelope, Reading
from bounced.reading import codec
from bounced.reading.interpreter import Interpreter
from bounced.reading.task import Task
from bounced.reading.wire import LONGEST, OUT_OF_MEMORY, RAISED, READ, REPLY, REQUEST

MODULE: Final = "bounced.reading"
_PATIENCE: Final = 10.0  # seconds for a fork; it takes milliseconds
_GRACE: Final = 5.0  # seconds beyond ``longest``, in which a worker should have been ended
_CHUNK: Final = 2**18


class WorkerEndedError(Exception):
    """A worker did not come to an end with its message, but to its own; says why.

    It ``starved`` if the machine left it too little of the processor to take its budget.
    """

    def __init__(self, why: str, *, starved: bool = False) -> None:
        super().__init__(why)
        self.starved = starved


class Ending(NamedTuple):
    """How a worker ended, in words, and whether for want of the processor."""

    why: str
    starved: bool = False


class Raised(NamedTuple):
    """What a reader raised: the name of the exception, and its text."""

    name: str
    text: str


class Worker:
    """One worker process, with at most one message."""

    def __init__(self, process: int, channel: socket.socket, server: ForkServer) -> None:
        self.process = process
        self.server = server
        self._channel = channel

    @property
    def is_gone(self) -> bool:
        """Whether it has ended while it had nothing to do."""
        try:
            return not self._channel.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True

    async def read(
        self, raw: bytes, envelope: Envelope, at: datetime
    ) -> tuple[Reading, str] | Raised:
        """Return reading and fingerprint, or what the reader raised; raises WorkerEndedError.

        After that it is good for nothing more: ``end`` it.
        """
        try:
            async with asyncio.timeout(self.server.task.longest + _GRACE):
                return await self._ask(raw, envelope, at)
        except TimeoutError:
            msg = "it did not answer, and no clock of its own ended it"
        except EOFError:
            msg = ""
        except ValueError as error:
            msg = f"it answered garbage: {error}"
        except BaseException:  # whoever wanted to know is gone; the worker sees that, and goes
            self._channel.close()
            self.server.let_go()
            raise
        ended = await self.end()
        raise WorkerEndedError(msg or ended.why, starved=ended.starved)

    async def _ask(
        self, raw: bytes, envelope: Envelope, at: datetime
    ) -> tuple[Reading, str] | Raised:
        head = codec.dump([envelope, at])
        loop = asyncio.get_running_loop()
        try:
            await loop.sock_sendall(self._channel, REQUEST.pack(len(head), len(raw)) + head)
            await loop.sock_sendall(self._channel, raw)
        except OSError:
            raise EOFError from None
        kind, length = REPLY.unpack(await self._receive(REPLY.size))
        if kind not in {READ, RAISED} or length > LONGEST:
            msg = "no reply begins so"
            raise ValueError(msg)
        return _reply(kind, await self._receive(length))

    async def _receive(self, size: int) -> bytes:
        loop, parts, missing = asyncio.get_running_loop(), [], size
        while missing:
            try:
                data = await loop.sock_recv(self._channel, min(missing, _CHUNK))
            except OSError:
                data = b""
            if not data:
                raise EOFError
            parts.append(data)
            missing -= len(data)
        return b"".join(parts)

    async def end(self) -> Ending:
        """End it, unless it has ended, and return how it did."""
        self._channel.close()
        try:
            code = await self.server.ask(f"end {self.process}")
        except ReadersAwayError as error:
            return Ending(f"the reader has ended, and nobody knows how: {error}")
        finally:
            self.server.let_go()
        return _how(code, self.server.task)


def _reply(kind: int, data: bytes) -> tuple[Reading, str] | Raised:
    """Return what a reply says; raises ValueError where it says nothing."""
    try:
        first, second = json.loads(data)
        text = str.__str__(first)
        return Raised(text, str(second)) if kind == RAISED else (codec.reading(second), text)
    except (TypeError, ValueError, RecursionError) as error:
        msg = f"no reply, {error}"
        raise ValueError(msg) from None


def _how(code: int, task: Task) -> Ending:
    if code == -signal.SIGPROF:
        return Ending(f"reading it took longer than {task.seconds:g} s")
    if code == -signal.SIGALRM:
        why = f"{task.longest:g} s were over, and the machine had given it less than its time"
        return Ending(why, starved=True)
    if code == OUT_OF_MEMORY:
        return Ending(f"reading it took more than {task.memory // 2**20} MiB of memory")
    if code < 0:
        return Ending(f"the reader was ended by {signal.Signals(-code).name}")
    return Ending(f"the reader ended with exit code {code}")


@dataclass(slots=True)
class ForkServer:
    """The process that forks; ``start`` makes one, ``close`` ends it with all its workers."""

    task: Task
    interpreter: Interpreter
    _process: asyncio.subprocess.Process
    _control: socket.socket
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _workers: int = 0
    _retired: bool = False

    @classmethod
    async def start(cls, task: Task, module: str = MODULE) -> Self:
        """Start one; raises ChildError."""
        ours, its = socket.socketpair()
        with its, contextlib.ExitStack() as opened:
            opened.enter_context(ours)
            ours.setblocking(False)  # noqa: FBT003 -- the socket's own way to say it
            try:
                process, answer = await child.start(
                    module,
                    {"task": task.dump(), "control": its.fileno()},
                    fds=[its.fileno()],
                    does="reads mail",
                )
            except OSError as error:
                msg = f"no process to read mail: {error}"
                raise ChildError(msg) from error
            opened.pop_all()
        found: Mapping[str, bool] = json.loads(answer)
        return cls(task, Interpreter(**found), process, ours)

    @property
    def is_alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.returncode is None and self._control.fileno() >= 0

    async def fork(self) -> Worker:
        """Return a new worker; raises ReadersAwayError."""
        with contextlib.ExitStack() as opened:
            ours, its = map(opened.enter_context, socket.socketpair())
            ours.setblocking(False)  # noqa: FBT003 -- the socket's own way to say it
            answer = await self.ask("fork", its)
            if answer < 0:
                msg = f"no process to read mail: {os.strerror(-answer)}"
                raise ReadersAwayError(msg)
            its.close()
            opened.pop_all()
        self._workers += 1
        return Worker(answer, ours, self)

    async def ask(self, request: str, sent: socket.socket | None = None) -> int:
        """Return the answer to *request*; raises ReadersAwayError where there is none."""
        async with self._turn:
            try:
                async with asyncio.timeout(_PATIENCE):
                    return await self._answer(request, sent)
            except (OSError, EOFError, ValueError) as error:
                self._control.close()
                msg = f"the process that forks the readers does not answer ({error})"
                raise ReadersAwayError(msg) from None
            except BaseException:  # its answer would be taken for the next one's
                self._control.close()
                raise

    async def _answer(self, request: str, sent: socket.socket | None) -> int:
        fds = [sent.fileno()] if sent else []
        socket.send_fds(self._control, [request.encode()], fds)
        answer = await asyncio.get_running_loop().sock_recv(self._control, 64)
        if not answer:
            raise EOFError
        return int(answer)

    def retire(self) -> None:
        """Let it end as soon as its last worker has."""
        self._retired = True
        if not self._workers:
            self._control.close()
            assert self._process.stdin
            self._process.stdin.close()

    def let_go(self) -> None:
        """Count one worker less."""
        self._workers -= 1
        if self._retired:
            self.retire()

    async def close(self) -> None:
        """End it; its workers end by themselves, when their sockets do."""
        self._control.close()
        await child.finish(self._process)
