"""Read a list in a process of its own."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import IO, Any, BinaryIO, Final, NoReturn

from bounced.errors import InputError, RuleError
from bounced.listreader import frames
from bounced.listreader.frames import Kind
from bounced.listreader.job import Job, Seen
from bounced.lists import Bad, Listed

_COMMAND: Final = (sys.executable, "-P", "-m", "bounced.listreader")
_AHEAD: Final = 12  # frames of half a megabyte or so


@contextmanager
def apart(
    file: BinaryIO,
    job: Job,
    seen: Seen,
    *,
    bad: Callable[[Bad], None],
    moved: Callable[[int, int], None],
) -> Iterator[Iterator[list[Listed]]]:
    """Start to read *file*; yield what yields the entries in order, some at a time.

    *bad* is told of each that can't be read, *moved* of how many entries and characters more it is
    now, and *seen* in the end of all.  Raises InputError, also where the process has gone before
    it came to the end of the list, and RuleError.  Leaving ends the process.
    """
    process = _started(file, job)
    assert process.stdout
    with process.stdout as out, ThreadPoolExecutor(1) as pool:
        try:
            yield _batches(process, _ahead(out, pool), seen, bad, moved)
        finally:
            process.kill()
            process.wait()


def _ahead(out: IO[bytes], pool: Executor) -> Iterator[bytes]:
    """Yield the frames; some are read ahead, so that the process can go on meanwhile."""
    ahead = deque(pool.submit(frames.get, out) for _ in range(_AHEAD))
    while frame := ahead.popleft().result():
        ahead.append(pool.submit(frames.get, out))
        yield frame


def _started(file: BinaryIO, job: Job) -> subprocess.Popen[bytes]:
    own = os.dup(file.fileno())  # its standard input is the job
    # It finds its modules where we have found ours.
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    # Ctrl-C goes to both.  It is for us, and the process inherits what is blocked.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process = subprocess.Popen(  # noqa: S603 -- ourselves
            (*_COMMAND, str(own)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=[own],
            env=environ,
        )
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.close(own)
    assert process.stdin
    with suppress(BrokenPipeError), process.stdin as stdin:
        stdin.write(pickle.dumps(job))
    return process


def _batches(
    process: subprocess.Popen[bytes],
    found: Iterator[bytes],
    seen: Seen,
    bad: Callable[[Bad], None],
    moved: Callable[[int, int], None],
) -> Iterator[list[Listed]]:
    for frame in found:
        match frames.parsed(frame):
            case (Kind.BATCH, size, entries):
                yield list(map(frames.unpacked, entries))
                moved(len(entries), size)
            case (Kind.BAD, *entry):
                bad(Bad(*entry))
            case (Kind.END, entries, unreadable, skipped):
                seen.entries += entries
                seen.bad += unreadable
                seen.skipped.update(skipped)
                return
            case (kind, text):
                _fail(kind, text)
    _ended(process.wait())


def _fail(kind: Any, text: str) -> NoReturn:
    if kind == Kind.NO_LIST:
        raise InputError(text)
    if kind == Kind.WRONG_RULES:
        raise RuleError(text)
    if kind == Kind.UNREADABLE:
        msg = f"can't be read: {text}"
        raise InputError(msg)
    raise RuntimeError(text)


def _ended(status: int) -> NoReturn:
    how = signal.Signals(-status).name if status < 0 else f"exit code {status}"
    msg = f"not read to its end: the process that reads it has gone ({how}); is memory short?"
    raise InputError(msg)
