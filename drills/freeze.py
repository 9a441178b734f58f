"""Make one thread of a process stand still, as nothing but a debugger can from outside.

The program itself has no way in for tests: ptrace(2) stops the thread, the others go on.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_SEIZE, _INTERRUPT, _DETACH = 0x4206, 0x4207, 17
_WALL = 0x40000000  # of waitpid: threads as well
_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_LIBC.ptrace.restype = ctypes.c_long


def loop(pid: int) -> int:
    """Return the thread of the daemon in which its event loop runs: the first."""
    return pid


def writer(pid: int) -> int:
    """Return the thread that commits: the daemon starts it before any other."""
    threads = [int(one.name) for one in Path(f"/proc/{pid}/task").iterdir()]
    return min((_started(pid, one), one) for one in threads if one != pid)[1]


def _started(pid: int, thread: int) -> int:
    fields = Path(f"/proc/{pid}/task/{thread}/stat").read_text().rpartition(")")[2].split()
    return int(fields[19])


@dataclass
class Frozen:
    """A thread that stands still, and since when."""

    thread: int
    at: float

    def is_over(self) -> bool:
        """Whether it has ended; nobody else hears of its end before we have asked."""
        try:
            found, status = os.waitpid(self.thread, _WALL | os.WNOHANG)
        except ChildProcessError:
            return True
        return bool(found) and not os.WIFSTOPPED(status)


@contextlib.contextmanager
def frozen(thread: int) -> Iterator[Frozen]:
    """Let a thread stand still while the block runs, or for as long as it lives."""
    _trace(_SEIZE, thread)
    _trace(_INTERRUPT, thread)
    os.waitpid(thread, _WALL)
    one = Frozen(thread, time.time())
    try:
        yield one
    finally:
        if not one.is_over():
            with contextlib.suppress(ProcessLookupError):
                _trace(_DETACH, thread)


def _trace(request: int, thread: int) -> None:
    if _LIBC.ptrace(request, thread, None, None):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
