"""What is to be read and how, its lines, and what was seen in it."""

from __future__ import annotations

import codecs
import contextlib
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from bounced.causes import Cause
from bounced.lists import Bad, Entry, Format, Listed, Skipped

_LONGEST: Final = 2**20  # characters of a line


class Job(NamedTuple):
    """How to read a list: ``rules`` are the names of files, the others those of ``Reading``."""

    rules: tuple[str, ...]
    now: datetime
    cause: Cause | None
    form: Format | None


@dataclass(slots=True)
class Seen:
    """How many entries a list has, and how many of them are no reason to block."""

    entries: int = 0
    bad: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    def wanted(self, entries: Iterable[Entry], bad: Callable[[Bad], None]) -> Iterator[Listed]:
        """Yield the entries that block, count the others, and tell *bad* of what can't be read."""
        for entry in entries:
            self.entries += 1
            if isinstance(entry, Listed):
                yield entry
            elif isinstance(entry, Bad):
                self.bad += 1
                bad(entry)
            elif isinstance(entry, Skipped):
                self.skipped[entry.why] += 1


def lines(file: io.BufferedReader[Any]) -> Iterator[str]:
    """Yield the lines with their ends; UTF-8, or UTF-16 as spreadsheets write it."""
    mark = file.peek(2)[:2]
    encoding = "utf-16" if mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8"
    text = io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="")
    try:
        while line := text.readline(_LONGEST):
            yield line
    finally:
        with contextlib.suppress(ValueError):  # whoever stopped reading has closed it already
            text.detach()  # else it would close the file, which is not ours
