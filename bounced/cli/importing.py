"""Read a suppression list, put it in order, let it take effect, and print what it came to."""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Final, cast

from bounced import lists, shapes, taking
from bounced.causes import Cause
from bounced.cli import guard, options, output, progress
from bounced.config import Config, rulebook
from bounced.errors import InputError, StoreError
from bounced.lists import Bad, Format
from bounced.policy import BLOCKING, Effect
from bounced.store import Import, Store
from bounced.taking import Summary

STDIN: Final = "-"
_EVERY: Final = 1_000  # lines between two moves of the bar
_SHOWN: Final = 100  # addresses of a dry run that a person is shown


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
        store.require_stream(stream)
        entries = summary.wanted(
            _entries(file, path, reading, Format(form) if form else None),
            lambda bad: _bad(path, bad),
        )
        with progress.bar(0, "addresses") as bar:
            try:
                for batch in taking.take_in(entries, store, how, summary, dry_run=dry_run):
                    if dry_run:
                        _would(batch, summary, as_json=as_json)
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
    size = number = 0
    for line in taking.lines(file):
        yield line
        number, size = number + 1, size + len(line)
        if number % _EVERY == 0:
            bar.advance(_EVERY, size)
            size = 0


def _bad(path: str, bad: Bad) -> None:
    guard.complain(f"{path}: {bad.unit} {bad.line}: {bad.why}")


def _would(batch: taking.Batch, summary: Summary, *, as_json: bool) -> None:
    """Print what each entry would change."""
    changes = [(one, made) for one, made in batch if made and made.effect in BLOCKING]
    for number, (one, made) in enumerate(changes, summary.changed - len(changes) + 1):
        if as_json:
            shape = {"address": one.address, "stream": made.stream}
            since = {"since": shapes.when(made.since), "cause": str(one.cause)}
            did = {"effect": str(made.effect), "why": made.why}
            output.json_line({**shape, **since, **did})
        elif number <= _SHOWN:
            output.line(
                (one.address, "bold"),
                f": {made.effect} since {made.since:%Y-%m-%d}, {one.cause}: ",
                made.why,
            )


def _interrupted(summary: Summary, *, dry_run: bool) -> None:
    done = summary.effects.total()
    if done and not dry_run:
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
        (output.count(summary.entries, "entry", "entries"), "bold"),
        f": {summary.changed:,} {'would be blocked' if dry_run else 'blocked'}, "
        f"{effects[Effect.UNCHANGED]:,} blocked already, "
        f"{effects[Effect.RECORDED]:,} older than what is known here, "
        f"{effects['known']:,} imported before, {summary.skipped.total():,} skipped, ",
        (f"{summary.bad:,} unreadable", "red" if summary.bad else ""),
    )
    output.counts("cause", summary.causes)
    output.counts("skipped", summary.skipped)
