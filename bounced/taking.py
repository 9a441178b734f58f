"""Take in a suppression list: what the command line and the HTTP API do alike."""

from __future__ import annotations

import codecs
import contextlib
import io
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from typing import Any, Final, TypeVar

from bounced.errors import StoreFullError, StoreUnavailableError
from bounced.lists import Bad, Entry, Listed, Skipped
from bounced.policy import BLOCKING, Effect
from bounced.shapes import Shape
from bounced.store import Import, Store, Taken
from bounced.store.spool import in_order

_BATCH: Final = 2_000  # others wait for some 100 ms
_LONGEST: Final = 2**20  # characters of a line
_ATTEMPTS: Final = 10  # of some seconds each
_SPELL: Final = 1.0  # seconds of work without a pause
_PAUSE: Final = 0.11  # seconds; SQLite's writers look for the lock every 0.1
_T = TypeVar("_T")


@dataclass(slots=True)
class Summary:
    """What a list came to."""

    entries: int = 0
    bad: int = 0
    effects: Counter[str] = field(default_factory=Counter)
    causes: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)

    @property
    def changed(self) -> int:
        """How many addresses are blocked now, or for longer."""
        return sum(self.effects[one] for one in BLOCKING)

    def as_json(self) -> Shape:
        """Return the shape of ``bounced import --json``."""
        return {
            "entries": self.entries,
            "blocked": self.effects[Effect.BLOCKED],
            "extended": self.effects[Effect.EXTENDED],
            "already": self.effects[Effect.UNCHANGED],
            "outdated": self.effects[Effect.RECORDED],
            "known": self.effects["known"],
            "skipped": dict(self.skipped.most_common()),
            "bad": self.bad,
            "causes": dict(self.causes.most_common()),
        }

    def wanted(self, entries: Iterable[Entry], bad: Callable[[Bad], None]) -> Iterator[Listed]:
        """Yield the entries that block, count the others, and tell *bad* of what can't be read."""
        for entry in entries:
            self.entries += 1
            if isinstance(entry, Bad):
                self.bad += 1
                bad(entry)
            elif isinstance(entry, Skipped):
                self.skipped[entry.why] += 1
            else:
                yield entry


Batch = Sequence[tuple[Listed, Taken | None]]


def take_in(
    entries: Iterable[Listed], store: Store, how: Import, summary: Summary, *, dry_run: bool
) -> Iterator[Batch]:
    """Read all entries, let them take effect batch by batch, and yield each with what it did.

    Whoever asks for no more ends it: what was taken in stays, and does not count twice.
    """
    with in_order(entries) as ordered:
        for batch in _paced(ordered):
            did = _patiently(partial(store.imported, batch, how, dry_run=dry_run))
            done = list(zip(batch, did, strict=True))
            summary.effects.update(made.effect if made else "known" for made in did)
            summary.causes.update(
                one.cause for one, made in done if made and made.effect in BLOCKING
            )
            yield done


def _patiently(work: Callable[[], _T]) -> _T:
    """Do *work*, again where the database was busy: others come first."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return work()
        except StoreFullError:
            raise
        except StoreUnavailableError:
            continue
    return work()


def _paced(entries: Iterator[Listed]) -> Iterator[list[Listed]]:
    """Yield batches, with a pause after each second of work, in which others get the lock.

    SQLite has no queue of writers.  Without a pause nobody would ever see it free.
    """
    begun = time.monotonic()
    while batch := list(islice(entries, _BATCH)):
        if time.monotonic() - begun > _SPELL:
            time.sleep(_PAUSE)
            begun = time.monotonic()
        yield batch


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
