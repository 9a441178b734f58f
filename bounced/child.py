"""Processes of our own beside the daemon: started as modules, told what to do, gone with it.

A child gets all that it needs in one line of JSON on standard input, so that it reads no settings
of its own, answers with one line on standard output, and logs to the daemon's standard error.  It
ends when the daemon lets go of it, or dies: then its standard input ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

from bounced.errors import ChildError

_START: Final = 60.0  # seconds; a machine that is busy with something else
_STOP: Final = 5.0


def command(module: str) -> tuple[str, ...]:
    """Return how to run a module of ours, in the ``environ`` below.

    It finds its modules where we have found ours, and nothing in the folder that it is started in.
    """
    return sys.executable, "-P", "-m", module


def environ() -> dict[str, str]:
    """Return our environment, with the places where we have found our modules."""
    places = os.pathsep.join(one or os.curdir for one in sys.path)
    return {**os.environ, "PYTHONPATH": places}


async def start(
    module: str, settings: Mapping[str, Any], *, fds: Sequence[int], does: str
) -> tuple[asyncio.subprocess.Process, bytes]:
    """Start ``python -m module`` and return it with its answer, one line.

    ``fds`` stay open in it.  Raises ChildError, which tells by *does* what it is for, and OSError.
    """
    process = await asyncio.create_subprocess_exec(
        *command(module),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        pass_fds=fds,
        env=environ(),
    )
    try:
        answer = await _answer(process, settings)
    except BaseException:  # told to stop meanwhile
        await finish(process)
        raise
    if not answer:
        await finish(process)
        msg = (
            f"the process that {does} did not start (exit code {process.returncode}); "
            "what it says stands above"
        )
        raise ChildError(msg)
    return process, answer


async def _answer(process: asyncio.subprocess.Process, settings: Mapping[str, Any]) -> bytes:
    """Tell the process what to do and return its answer; nothing where there is none."""
    assert process.stdin
    assert process.stdout
    process.stdin.write(json.dumps(settings).encode() + b"\n")
    with contextlib.suppress(TimeoutError, ConnectionError):
        async with asyncio.timeout(_START):
            await process.stdin.drain()
            return await process.stdout.readline()
    return b""


async def finish(process: asyncio.subprocess.Process) -> None:
    """Let the process end, and make it where it doesn't."""
    if process.stdin:
        process.stdin.close()
    try:
        async with asyncio.timeout(_STOP):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def settings() -> dict[str, Any]:
    """Return what the daemon tells this process, which is the child.

    From here on the daemon alone decides when it ends: a Ctrl-C and systemd's signals reach the
    both of them.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    told: dict[str, Any] = json.loads(sys.stdin.buffer.readline())
    return told


def answer(line: str) -> None:
    """Tell the daemon that this process, the child, does what it was told; nothing more after it.

    What is loaded by then stays: nobody goes through it for garbage again.

    Standard output is closed then, so that the daemon's end of it does not depend on what else has
    inherited it.
    """
    settle()
    with contextlib.suppress(OSError):
        print(line, flush=True)  # noqa: T201 -- for the daemon
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def settle() -> None:
    """Let what this process has loaded stay, and not be gone through for garbage again and again.

    That takes 20 ms each time, in which whoever asks would have to wait.
    """
    gc.collect()
    gc.freeze()
