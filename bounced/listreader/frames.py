"""What goes from the process that reads a list to the one that started it.

Frames of a length and a tuple of plain values, a kind first.  ``marshal`` is the quickest there is,
and both ends are the same Python; the pipe between them has no other end.
"""

from __future__ import annotations

import marshal
from datetime import datetime
from enum import IntEnum
from functools import lru_cache
from typing import IO, Any, Final

from bounced.causes import Cause
from bounced.lists import Listed
from bounced.model import Status

_LENGTH: Final = 8  # octets
_CAUSES: Final = {cause.value: cause for cause in Cause}


class Kind(IntEnum):
    """What a frame says: entries; one that can't be read; the end; or why there is none."""

    BATCH = 0
    BAD = 1
    END = 2
    NO_LIST = 3
    UNREADABLE = 4
    WRONG_RULES = 5
    DEFECT = 6


def put(file: IO[bytes], kind: Kind, *values: Any) -> None:
    """Write a frame."""
    frame = marshal.dumps((int(kind), *values))
    file.write(len(frame).to_bytes(_LENGTH) + frame)
    file.flush()


def get(file: IO[bytes]) -> bytes:
    """Return the next frame as it is; nothing where there is no whole one any more."""
    size = int.from_bytes(file.read(_LENGTH))
    frame = file.read(size)
    return frame if len(frame) == size else b""


def parsed(frame: bytes) -> tuple[Any, ...]:
    """Return what a frame says."""
    values: tuple[Any, ...] = marshal.loads(frame)  # noqa: S302 -- our own process wrote it
    return values


def packed(one: Listed) -> tuple[Any, ...]:
    """Return an entry as plain values."""
    address, key, cause, why, since, until, stream, status, *rest = one
    return (
        *(address, key, cause.value, why, since.isoformat() if since else None),
        *(until.isoformat() if until else None, stream, str(status) if status else None, *rest),
    )


def unpacked(values: tuple[Any, ...]) -> Listed:
    """Return the entry again."""
    address, key, cause, why, since, until, stream, status, code, rule, evidence = values
    return Listed(
        address,
        key,
        _CAUSES[cause],
        why,
        datetime.fromisoformat(since) if since else None,
        datetime.fromisoformat(until) if until else None,
        stream,
        _status(status) if status else None,
        code,
        rule,
        evidence,
    )


@lru_cache(1_000)
def _status(text: str) -> Status:
    return Status(*map(int, text.split(".")))
