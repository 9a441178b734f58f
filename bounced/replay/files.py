"""Messages from wherever they are kept: files, folders, Maildir, mbox, standard input.

The bytes stay as they are.  What can't be read as a message is a :class:`Bad` with the reason, and
never ends the rest; nothing larger than the limit is ever held in memory.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from bounced.errors import InputError
from bounced.replay import mbox

STDIN = "-"
# A mail has at least one of these; a password file has lines with colons, too.
_FIELD = re.compile(
    rb"(?:From|To|Cc|Subject|Date|Sender|Reply-To|Message-ID|Received|Return-Path|Delivered-To"
    rb"|MIME-Version|Content-[\w-]{1,40}|X-[\w-]{1,70}|Auto-Submitted|Precedence"
    rb"|Reporting-MTA|Final-Recipient|Feedback-Type)[ \t]*:",
    re.IGNORECASE,
)
_HEAD = 65_536
# Notes that are kept beside a message under its name.
_BESIDE = frozenset({".json", ".md"})
_ONE_MESSAGE = ".eml"  # though a mail program put an mbox's line on top of it
_MAILDIR = frozenset({"cur", "new", "tmp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a message stands; ``number`` counts from 1 in an mbox and is 0 elsewhere."""

    file: str
    number: int = 0

    @property
    def name(self) -> str:
        """The message's place, for people."""
        return f"{self.file} (message {self.number})" if self.number else self.file


@dataclass(frozen=True, slots=True, kw_only=True)
class Found(_Place):
    """One message."""

    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Bad(_Place):
    """One file, or message of an mbox, that can't be read, and why."""

    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One file to read: its path as given or found, and its size where that is known."""

    file: str
    size: int = 0
    walked: bool = False


def sources(paths: Iterable[str]) -> Iterator[Source | Bad]:
    """Yield every file that *paths* stand for, in order; folders are walked, sorted by name."""
    for path in paths:
        if path == STDIN:
            yield Source(file=STDIN)
        elif os.path.isdir(path):  # noqa: PTH112 - the path stays as it was given
            yield from _walk(path)
        else:
            yield _source(path, walked=False)


def _source(path: str, *, walked: bool) -> Source | Bad:
    try:
        status = Path(path).stat()
    except OSError as error:
        return Bad(file=path, why=_reason(error))
    except ValueError:
        return Bad(file=path, why="is no path")
    # One that was named may be a pipe; one that was come across could wait for ever.
    if walked and not stat.S_ISREG(status.st_mode):
        return Bad(file=path, why="not a regular file")
    return Source(file=path, size=status.st_size, walked=walked)


def _walk(folder: str) -> Iterator[Source | Bad]:
    failed: list[OSError] = []
    for at, folders, files in os.walk(folder, onerror=failed.append):
        folders.sort()
        if _MAILDIR.issubset(folders):
            folders.remove("tmp")  # deliveries that were never finished
        for name in sorted(files):
            if not name.startswith(".") and os.path.splitext(name)[1] not in _BESIDE:  # noqa: PTH122 - no Path is made of a million names
                yield _source(os.path.join(at, name), walked=True)  # noqa: PTH118 - keeps "./"
    yield from (Bad(file=str(error.filename), why=_reason(error)) for error in failed)


def read(source: Source, *, limit: int, stdin: BinaryIO) -> Iterator[Found | Bad]:
    """Yield the message in *source*, or every one of an mbox."""
    try:
        if source.file == STDIN:
            yield from _read(source, stdin, limit)
            return
        with Path(source.file).open("rb") as stream:
            yield from _read(source, stream, limit)
    except OSError as error:
        yield Bad(file=source.file, why=_reason(error))


def _read(source: Source, stream: BinaryIO, limit: int) -> Iterator[Found | Bad]:
    start = stream.read(len(mbox.START))
    if start == mbox.START and not source.file.lower().endswith(_ONE_MESSAGE):
        number = 0
        for number, raw in enumerate(mbox.split(stream, limit), 1):
            yield _judge(source.file, raw, limit, number)
        return
    yield _judge(source.file, start + stream.read(limit + 1 - len(start)), limit)


def _judge(file: str, raw: bytes, limit: int, number: int = 0) -> Found | Bad:
    if len(raw) > limit:
        why = f"larger than limits.message_size ({limit:,} bytes)"
    elif not raw.strip():
        why = "not a mail message (it is empty)"
    elif not is_mail(raw):
        why = "not a mail message (no header field found)"
    else:
        return Found(file=file, raw=raw, number=number)
    return Bad(file=file, why=why, number=number)


def is_mail(raw: bytes) -> bool:
    """Whether there is at least one header field before the first blank line."""
    head = raw[:_HEAD].lstrip(b"\r\n").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return any(_FIELD.match(line) for line in head.partition(b"\n\n")[0].split(b"\n")[:200])


def one(path: str, *, limit: int, stdin: BinaryIO) -> Found:
    """Return the message in *path*, the first of an mbox; ``InputError`` where there is none."""
    if os.path.isdir(path):  # noqa: PTH112 - as above
        msg = f"{path}: is a folder; name one message in it"
        raise InputError(msg)
    found = _source(path, walked=False) if path != STDIN else Source(file=STDIN)
    message = next(read(found, limit=limit, stdin=stdin)) if isinstance(found, Source) else found
    if isinstance(message, Bad):
        msg = f"{message.name}: {message.why}"
        raise InputError(msg)
    return message


def _reason(error: OSError) -> str:
    return f"can't be read: {error.strerror or error}"
