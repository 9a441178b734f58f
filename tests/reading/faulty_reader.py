"""The process that forks the readers, whose readers do what the message tells them.

``python -m faulty_reader``; a message is a word and what goes with it, as ``spin`` or
``raise ValueError``.  Whatever else it is, it is read as it should be.
"""

from __future__ import annotations

import os
import signal
import time
from datetime import datetime

import hostile

from bounced.model import Envelope, Reading
from bounced.reading import __main__ as program
from bounced.reading import worker

_RAISE = {type(one).__name__: one for one in hostile.EXCEPTIONS}
_reader = worker.reader


def reader(*known: object) -> worker.Reads:
    """Return what reads a message, or does what it says."""
    read = _reader(*known)  # type: ignore[arg-type]

    def obey(raw: bytes, envelope: Envelope, at: datetime) -> tuple[Reading, str]:
        word, _, more = raw.decode("latin-1").partition(" ")
        if word == "raise":
            raise _RAISE[more]
        if word == "once":  # only in a process that has not read anything before
            return _in_a_new_process(more, lambda: read(raw, envelope, at))
        if word in _DEEDS:
            _DEEDS[word](more)
        return read(raw, envelope, at)

    return obey


_seen: list[int] = []


def _in_a_new_process(_: str, then: object) -> tuple[Reading, str]:
    if _seen:
        os.kill(os.getpid(), signal.SIGSEGV)
    return then()  # type: ignore[operator, no-any-return]


def _spin(_: str) -> None:
    while True:
        pass


def _grow(_: str) -> None:
    kept = []
    while True:
        kept.append(bytes(2**24))


def _garbage(octets: str) -> None:
    for fd in range(3, 64):
        try:
            os.write(fd, octets.encode("latin-1"))
        except OSError:
            continue
    time.sleep(30)


def _remember(_: str) -> None:
    _seen.append(1)


_DEEDS = {
    "spin": _spin,
    "sleep": lambda seconds: time.sleep(float(seconds)),
    "grow": _grow,
    "garbage": _garbage,
    "remember": _remember,
    "signal": lambda number: os.kill(os.getpid(), int(number)),
    "exit": lambda code: os._exit(int(code)),
}

if __name__ == "__main__":
    worker.reader = reader
    program.main()
