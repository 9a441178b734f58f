"""Read a suppression list, put it in order, let it take effect, and print what it came to."""

from __future__ import annotations

import codecs
import io
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path, PurePath
from typing import Final, TypeVar, cast

from bounced import lists, shapes
from bounced.causes import Cause
from bounced.cli import guard, options, output, progress
from bounced.config import Config, rulebook
from bounced.errors import InputError, StoreError, StoreFullError, StoreUnavailableError
from bounced.lists import Bad, Format, Listed, Skipped
from bounced.policy import BLOCKING, Decision, Effect
from bounced.store import Import, Store
from bounced.store.spool import in_order

_T = TypeVar("_T")
STDIN: Final = "-"
_BATCH: Final = 2_000  # others wait for some 100 ms
_EVERY: Final = 1_000  # lines between two moves of the bar
_LONGEST: Final = 2**20  # characters of a line
_ATTEMPTS: Final = 10  # of some seconds each
_SPELL: Final = 1.0  # seconds of work without a pause
_PAUSE: Final = 0.11  # seconds; SQLite's writers look for the lock every 0.1
_SHOWN: Final = 100  # addresses of a dry run that a person is shown


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

    def as_json(self) -> shapes.Shape:
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


def import_list(
    path: str,
    settings: Config,
    *,
    form: str | None,
    source: str | None,
    cause: Cause | None,
    stream: str,
    who: str,
    dry_run: bool,
    tell: bool,
    as_json: bool,
) -> int:
    """Take in the list in *path*; return how many entries can't be read."""
    now = datetime.now(UTC)
    name = source or ("standard input" if path == STDIN else PurePath(path).name)
    how = Import(source=name, who=who, now=now, stream=stream)
    reading = lists.Reading(rules=rulebook.load(settings.rules.files), now=now, cause=cause)
    summary = Summary()
    with _store(settings, dry_run=dry_run, tell=tell) as store, _opened(path) as file:
        entries = _wanted(
            _entries(file, path, reading, Format(form) if form else None), path, summary
        )
        with in_order(entries) as ordered, progress.bar(0, "addresses") as bar:
            try:
                for batch in _paced(ordered):
                    decisions = _patiently(partial(store.imported, batch, how, dry_run=dry_run))
                    _count(batch, decisions, summary, dry_run=dry_run, as_json=as_json)
                    bar.advance(len(batch), len(batch))
            except BaseException:
                _interrupted(summary, dry_run=dry_run)
                raise
    _tell(summary, dry_run=dry_run, as_json=as_json)
    return summary.bad


@contextmanager
def _store(settings: Config, *, dry_run: bool, tell: bool) -> Iterator[Store]:
    """Open the store; a dry run where there is none yet gets one that is soon gone."""
    with ExitStack() as stack:
        try:
            opened = options.opened_store(
                settings, create=not dry_run, read_only=dry_run, tell=tell
            )
            store = stack.enter_context(opened)
        except StoreError as error:
            if not dry_run:
                raise
            guard.complain(f"{error}; so every address is taken for a new one")
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="bounced-"))
            store = Store.open(
                f"sqlite:///{folder}/empty.sqlite", policies=settings.policies, raw_retention=None
            )
            stack.callback(store.close)
        yield store


@contextmanager
def _opened(path: str) -> Iterator[io.BufferedReader]:
    if path == STDIN:
        yield io.BufferedReader(cast("io.RawIOBase", sys.stdin.buffer))
        return
    with ExitStack() as stack:
        try:
            file = stack.enter_context(Path(path).open("rb"))
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "is no path"
            msg = f"{path}: can't be read: {why}"
            raise InputError(msg) from None
        yield file


def _entries(
    file: io.BufferedReader, path: str, reading: lists.Reading, form: Format | None
) -> Iterator[lists.Entry]:
    size = Path(path).stat().st_size if path != STDIN else 0
    with progress.bar(size, "lines") as bar:
        try:
            yield from lists.read(_lines(file, bar), reading, form)
        except InputError as error:
            msg = f"{path}: {error}"
            raise InputError(msg) from None
        except OSError as error:
            msg = f"{path}: can't be read: {error.strerror or error}"
            raise InputError(msg) from None


def _lines(file: io.BufferedReader, bar: progress.Bar) -> Iterator[str]:
    """Yield the lines with their ends; UTF-8, or UTF-16 as spreadsheets write it."""
    mark = file.peek(2)[:2]
    encoding = "utf-16" if mark in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else "utf-8"
    text = io.TextIOWrapper(file, encoding=encoding, errors="replace", newline="")
    size = number = 0
    while line := text.readline(_LONGEST):
        yield line
        number, size = number + 1, size + len(line)
        if number % _EVERY == 0:
            bar.advance(_EVERY, size)
            size = 0
    text.detach()


def _wanted(entries: Iterable[lists.Entry], path: str, summary: Summary) -> Iterator[Listed]:
    for entry in entries:
        summary.entries += 1
        if isinstance(entry, Bad):
            summary.bad += 1
            guard.complain(f"{path}: {entry.unit} {entry.line}: {entry.why}")
        elif isinstance(entry, Skipped):
            summary.skipped[entry.why] += 1
        else:
            yield entry


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
    for batch in _batches(entries):
        if time.monotonic() - begun > _SPELL:
            time.sleep(_PAUSE)
            begun = time.monotonic()
        yield batch


def _batches(entries: Iterator[Listed]) -> Iterator[list[Listed]]:
    while batch := list(islice(entries, _BATCH)):
        yield batch


def _count(
    batch: Sequence[Listed],
    decisions: Sequence[Decision | None],
    summary: Summary,
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    for one, decision in zip(batch, decisions, strict=True):
        effect = decision.effect if decision else "known"
        summary.effects[effect] += 1
        if decision and effect in BLOCKING:
            summary.causes[one.cause] += 1
            if dry_run:
                _would(one, decision, summary, as_json=as_json)


def _would(one: Listed, decision: Decision, summary: Summary, *, as_json: bool) -> None:
    """Print what one entry would change."""
    if as_json:
        shape = {"address": one.address, "stream": decision.after.stream}
        since = {"since": shapes.when(decision.after.since), "cause": str(one.cause)}
        output.json_line({**shape, **since, **shapes.decision(decision)})
    elif summary.changed <= _SHOWN:
        output.line(
            (one.address, "bold"),
            f": {decision.effect} since {decision.after.since:%Y-%m-%d}, {one.cause}: ",
            decision.why,
        )


def _interrupted(summary: Summary, *, dry_run: bool) -> None:
    if not dry_run:
        done = sum(summary.effects.values())
        guard.complain(
            f"stopped after {done:,} addresses; start it again the same way to go on, what is "
            "imported already stays and does not count twice"
        )


def _tell(summary: Summary, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        output.json_line({**summary.as_json(), "dry_run": dry_run})
        return
    effects = summary.effects
    if dry_run and summary.changed:
        more = summary.changed - _SHOWN
        if more > 0:
            output.line(f"and {more:,} more, which --json shows")
        output.line("")
    output.line(
        (f"{summary.entries:,} {'entry' if summary.entries == 1 else 'entries'}", "bold"),
        f": {summary.changed:,} {'would be blocked' if dry_run else 'blocked'}, "
        f"{effects[Effect.UNCHANGED]:,} blocked already, "
        f"{effects[Effect.RECORDED]:,} older than what is known here, "
        f"{effects['known']:,} imported before, {summary.skipped.total():,} skipped, ",
        (f"{summary.bad:,} unreadable", "red" if summary.bad else ""),
    )
    for title, counts in (("cause", summary.causes), ("skipped", summary.skipped)):
        if counts:
            output.line("")
            rows = ((name, f"{n:,}") for name, n in counts.most_common())
            output.table((title, "count"), rows, folds=title)
