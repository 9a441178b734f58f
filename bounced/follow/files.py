"""Read a log file and the ones it was rotated to, from where the last process has stopped.

A file is known by its first line: it stays the same when the file is renamed, copied or compressed.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import hashlib
import lzma
import os
import re
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final

from bounced.errors import InputError
from bounced.follow.source import CHUNK, Read, split
from bounced.store.followed import Position

_HEAD: Final = 4096
_COMPRESSED: Final[dict[str, Callable[[Path], Any]]] = {
    ".gz": gzip.open,
    ".bz2": bz2.open,
    ".xz": lzma.open,
}
_BROKEN: Final = (OSError, EOFError, zlib.error, lzma.LZMAError)


class LogFile:
    """One log: the file at *path*, before it what it was rotated to while nobody read.

    *position* is where to go on, saved at the time *since*; without that, the file at *path* is
    read from its beginning.  *complain* gets what can't be read.  Raises InputError where there is
    no such file, or no right to read it.
    """

    def __init__(
        self,
        path: Path,
        position: Position,
        since: datetime | None,
        complain: Callable[[str], None],
    ) -> None:
        self._path = path
        self._complain = complain
        self._position = position
        self._rest = b""
        self._file: IO[bytes] | None = None
        self._reading = path
        self._left = False  # the name stands for another file, and this one was at its end
        here = not since or (position.head and _head(path) == position.head)
        self._next = position if here else Position()
        self._rotated = deque(() if here else _missed(path, position, since))
        if not path.exists() and not self._rotated:
            msg = f"there is no {path}; name the mail log, or --journal where there is only that"
            raise InputError(msg)

    def read(self) -> Read:
        """Return the next lines; of a file that has ended also its last, unended one."""
        if self._file is None and not self._open():
            return Read((), self._position, waiting=self._live)
        if self._truncated():
            self._close()
            return Read((), self._position)
        lines = self._lines()
        ended = not lines and self._ended()
        if ended and self._rest:
            lines, self._rest = [self._rest], b""
        if lines:
            self._settle()
            return Read(lines, self._position)
        if ended:
            self._close()
        return Read((), self._position, waiting=not ended)

    def close(self) -> None:
        """Close the file that is open."""
        self._close()

    @property
    def _live(self) -> bool:
        return self._reading == self._path

    def _open(self) -> bool:
        """Open the next file; whether there is one."""
        path, position = self._rotated.popleft() if self._rotated else (self._path, self._next)
        self._reading = path
        try:
            self._file = _opened(path)
            self._file.seek(position.offset)
        except FileNotFoundError:  # between two names
            return False
        except _BROKEN as error:
            self._give_up(path, error)
            return False
        self._position, self._rest, self._left = position, b"", False
        return True

    def _close(self) -> None:
        """Close this file; the next one begins at its beginning."""
        if self._file:
            self._file.close()
        self._file, self._rest, self._next = None, b"", Position()

    def _lines(self) -> list[bytes]:
        assert self._file is not None
        try:
            more = self._file.read(CHUNK)
        except _BROKEN as error:
            self._give_up(self._reading, error)
            return []
        lines, self._rest = split(self._rest + more)
        return lines

    def _give_up(self, path: Path, error: Exception) -> None:
        """Go on without a rotated file that is broken; without the log itself nothing goes on."""
        if path == self._path:
            hint = "; the group adm may read it" if isinstance(error, PermissionError) else ""
            msg = f"can't read {path}: {_told(error)}{hint}"
            raise InputError(msg) from error
        self._complain(f"{path}: {_told(error)}; going on without the rest of it")

    def _settle(self) -> None:
        """Say where the lines end that were read."""
        assert self._file is not None
        head = self._position.head
        if not head:
            head = _head_of(self._file) if self._live else _head(self._reading)
        self._position = Position(head=head, offset=self._file.tell() - len(self._rest))

    def _ended(self) -> bool:
        """Whether nothing will come any more, now that nothing has come."""
        assert self._file is not None
        if not self._live:
            return True
        try:
            there = self._path.stat()
        except OSError:
            return False  # between two names
        if os.path.samestat(there, os.fstat(self._file.fileno())):
            return False
        # Who writes has gone over to the new file as soon as something is in it.  What it wrote
        # into the old one just before may have come after we looked there: look once more.
        self._left, left = bool(there.st_size), self._left
        if left:  # and it may have been rotated more than once
            self._rotated.extend(_missed(self._path, self._position))
        return left

    def _truncated(self) -> bool:
        """Whether the file was emptied; what was in it is in the copy that was made before.

        logrotate's ``copytruncate``.
        """
        if not self._live or self._file is None:
            return False
        head = self._position.head
        size = os.fstat(self._file.fileno()).st_size
        if size >= self._file.tell() and (not head or _head_of(self._file) == head):
            return False
        self._rotated.extend(_missed(self._path, self._position))
        return True


def _missed(
    path: Path, position: Position, since: datetime | None = None
) -> Iterator[tuple[Path, Position]]:
    """Yield the rotated files that hold what came after *position*, and from where on.

    Where the file of *position* is gone: those that were still written to after *since*.
    """
    rotated = _siblings(path)
    heads = [_head(one) for one in rotated]
    if position.head and position.head in heads:
        number = heads.index(position.head)
        yield rotated[number], position
        yield from ((one, Position()) for one in rotated[number + 1 :])
        return
    for one in rotated:
        if since and one.stat().st_mtime >= since.timestamp():
            yield one, Position()


def _siblings(path: Path) -> list[Path]:
    """Return what the file was rotated to, the oldest first: ``mail.log.1``, ``-20260131.gz``."""
    name = re.compile(re.escape(path.name) + r"[.-].*")
    found: list[tuple[float, Path]] = []
    with contextlib.suppress(OSError):
        for one in path.parent.iterdir():
            with contextlib.suppress(OSError):
                if name.fullmatch(one.name) and one.is_file():
                    found.append((one.stat().st_mtime, one))
    return [one for _, one in sorted(found)]


def _opened(path: Path) -> IO[bytes]:
    if opener := _COMPRESSED.get(path.suffix):
        file: IO[bytes] = opener(path)
        return file
    return path.open("rb", buffering=0)


def _head(path: Path) -> str | None:
    try:
        with _opened(path) as file:
            return _hash(file.read(_HEAD))
    except _BROKEN:
        return None


def _head_of(file: IO[bytes]) -> str | None:
    return _hash(os.pread(file.fileno(), _HEAD, 0))


def _hash(start: bytes) -> str | None:
    """Return the hash of the first line, ``None`` where it has not ended yet."""
    line, ended, _ = start.partition(b"\n")
    return hashlib.sha256(line).hexdigest()[:32] if ended or len(start) == _HEAD else None


def _told(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
