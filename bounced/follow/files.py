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
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

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
        self._done = _Done(None, since.timestamp() if since else float("inf"))
        self._resume()

    def read(self) -> Read:
        """Return the next lines; of a file that has ended also its last, unended one."""
        if self._file is None and not self._open_next():
            return Read((), self._position, waiting=self._live)
        if self._truncated():
            return Read((), self._position)
        lines = self._lines()
        ended = not lines and self._ended()
        if ended and self._rest:
            lines, self._rest = [self._rest], b""
        if lines:
            self._settle()
        elif ended:
            self._finish()
        return Read(lines, self._position, waiting=not lines and not ended)

    def close(self) -> None:
        """Close the file that is open."""
        if self._file:
            self._file.close()
        self._file = None

    @property
    def _live(self) -> bool:
        return self._reading == self._path

    def _resume(self) -> None:
        """Open the file that the position is in, under whatever name."""
        head = self._position.head
        live = self._try(self._path)
        if live and (self._done.at == float("inf") or (head and _head_of(live) == head)):
            self._begin(self._path, live, self._position)
            return
        if live:
            live.close()
        rotated = (one.path for one in _siblings(self._path))
        same = next((one for one in rotated if head and _head(one) == head), None)
        found = self._try(same) if same else None
        if same and found:
            self._begin(same, found, self._position)
        elif not self._open_next() and not self._path.exists():
            msg = f"there is no {self._path}; name the mail log, or --journal where it is there"
            raise InputError(msg)

    def _open_next(self) -> bool:
        """Open the oldest file that is younger than what is done; whether there is one.

        The live one is opened before the others are looked for: if it is rotated meanwhile, it is
        still the one that is open.
        """
        live = self._try(self._path)
        for one in _after(self._path, self._done):
            if live and os.path.samestat(one.stat, os.fstat(live.fileno())):
                break
            if file := self._try(one.path):
                if live:
                    live.close()
                self._begin(one.path, file, Position())
                return True
        self._reading = self._path
        if live:
            self._begin(self._path, live, Position())
        return live is not None

    def _try(self, path: Path) -> IO[bytes] | None:
        try:
            return _opened(path)
        except FileNotFoundError:  # between two names
            return None
        except _BROKEN as error:
            self._give_up(path, error)
            return None

    def _begin(self, path: Path, file: IO[bytes], position: Position) -> None:
        self._reading, self._file, self._position = path, file, position
        self._rest, self._left = b"", False
        try:
            file.seek(position.offset)
        except _BROKEN as error:
            self._give_up(path, error)

    def _finish(self) -> None:
        """Close this file; the next one begins at its beginning."""
        assert self._file is not None
        self._done = _Done(self._position.head, os.fstat(self._file.fileno()).st_mtime)
        self.close()

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
        self._finish()
        if head:
            self._resume()
        return True


class _Done(NamedTuple):
    """The file that was read last, by its head and when it was last written to."""

    head: str | None
    at: float


def _after(path: Path, done: _Done) -> list[_Rotated]:
    """Return the rotated files that came after the one that is *done*, the oldest first."""
    rotated = _siblings(path)
    same = [at for at, one in enumerate(rotated) if done.head and _head(one.path) == done.head]
    if same:
        return rotated[same[-1] + 1 :]
    return [one for one in rotated if one.stat.st_mtime > done.at]


class _Rotated(NamedTuple):
    path: Path
    stat: os.stat_result


def _siblings(path: Path) -> list[_Rotated]:
    """Return what the file was rotated to, the oldest first: ``mail.log.1``, ``-20260131.gz``."""
    name = re.compile(re.escape(path.name) + r"[.-].*")
    found: list[_Rotated] = []
    with contextlib.suppress(OSError):
        for one in path.parent.iterdir():
            with contextlib.suppress(OSError):
                if name.fullmatch(one.name) and one.is_file():
                    found.append(_Rotated(one, one.stat()))
    return sorted(found, key=lambda one: (one.stat.st_mtime, one.path))


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
