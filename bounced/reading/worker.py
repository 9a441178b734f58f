"""One worker: reads the messages that the daemon sends, one after the other, within their budget.

The clocks of the budget are the kernel's: SIGPROF ends this process when a message has taken its
time of the processor, whatever it is busy with; SIGALRM when it got too little of it for too long.
"""

from __future__ import annotations

import contextlib
import json
import resource
import signal
import socket
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from bounced import pipeline
from bounced.classify import RuleBook
from bounced.model import Envelope, Reading
from bounced.reading import codec
from bounced.reading.task import Task
from bounced.reading.wire import RAISED, READ, REPLY, REQUEST
from bounced.whose import Ours

Reads = Callable[[bytes, Envelope, datetime], tuple[Reading, str]]

_LONGEST: Final = 500  # characters of an exception's text
_PAGE: Final = resource.getpagesize()


def reader(rules: RuleBook, ours: Ours) -> Reads:
    """Return what reads a message: its reading and its fingerprint."""

    def read(raw: bytes, envelope: Envelope, at: datetime) -> tuple[Reading, str]:
        return pipeline.examine(raw, envelope, rules, ours, at), pipeline.fingerprint(raw)

    return read


def serve(channel: socket.socket, read: Reads, task: Task) -> None:
    """Read what comes on *channel*, until it ends: until the daemon lets go of it, or dies.

    Raises MemoryError, after which this process is good for nothing more.
    """
    limit(task.memory)
    for number in (signal.SIGALRM, signal.SIGPROF):
        signal.signal(number, signal.SIG_DFL)
    with contextlib.suppress(ConnectionError), channel.makefile("rwb") as stream:
        while head := stream.read(REQUEST.size):
            size, octets = REQUEST.unpack(head)
            told, raw = stream.read(size), stream.read(octets)
            if len(raw) < octets:
                return
            signal.setitimer(signal.ITIMER_PROF, task.seconds)
            signal.setitimer(signal.ITIMER_REAL, task.longest)
            kind, reply = _answer(read, told, raw)
            for clock in (signal.ITIMER_PROF, signal.ITIMER_REAL):
                signal.setitimer(clock, 0)
            stream.write(REPLY.pack(kind, len(reply)) + reply)
            stream.flush()


def _answer(read: Reads, told: bytes, raw: bytes) -> tuple[int, bytes]:
    envelope, at = json.loads(told)
    try:
        reading, fingerprint = read(raw, codec.envelope(envelope), datetime.fromisoformat(at))
        return READ, codec.dump([fingerprint, reading])
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 -- whatever it was, the daemon keeps the message
        return RAISED, codec.dump([type(error).__name__, str(error)[:_LONGEST]])


def limit(memory: int) -> None:
    """Let this process have *memory* octets more than it has now, and leave no core behind.

    Where the machine itself runs out of memory, this is the process to end.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    most = _size() + memory
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    if hard == resource.RLIM_INFINITY or most < hard:
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", "ascii")


def _size() -> int:
    """Return this process's address space in octets, as far as the system tells it."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[0]) * _PAGE
    except OSError:
        return 0
