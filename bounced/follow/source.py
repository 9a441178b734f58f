"""What can be followed: something that gives lines, and says where it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from bounced.store.followed import Position

CHUNK = 256 * 1024
LONGEST = 64 * 1024
"""Octets of one line; more is no line of Postfix's, and is cut."""


class Read(NamedTuple):
    """Some lines without their ends, and where they end; ``waiting`` where there are no more yet.

    ``over``: nor will there ever be.
    """

    lines: Sequence[bytes]
    position: Position
    waiting: bool = False
    over: bool = False


class Source(Protocol):
    """A log."""

    def read(self) -> Read:
        """Return what is there now, without waiting; raises InputError."""

    def close(self) -> None:
        """Close it."""


def split(octets: bytes) -> tuple[list[bytes], bytes]:
    """Return the whole lines, and what is left of one that has not ended yet."""
    *lines, rest = octets.split(b"\n")
    if len(rest) > LONGEST:
        return [*lines, rest], b""
    return lines, rest
