"""Read a suppression list, put it in order, let it take effect, and print what it came to."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import BinaryIO, Final

from bounced import shapes, taking
from bounced.causes import Cause
from bounced.cli import guard, options, output, progress
from bounced.config import Config
from bounced.errors import InputError, StoreError
from bounced.listreader import Job, apart
from bounced.lists import Bad, Format, Listed
from bounced.policy import BLOCKING, Effect
from bounced.store import Import, Store
from bounced.taking import Summary

STDIN: Final = "-"
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
    job = Job(settings.rules.files, now, cause, Format(form) if form else None)
    summary = Summary()
    gc.freeze()  # the modules stay: going through them for garbage again and again takes long
    with (
        _read(path, job, summary) as batches,
        _store(settings, dry_run=dry_run, tell=tell) as store,
    ):
        store.require_stream(stream)
        try:
            for batch in taking.take_in(batches, store, how, summary, dry_run=dry_run):
                if dry_run:
                    _would(batch, summary, as_json=as_json)
        except BaseException:
            _interrupted(summary, dry_run=dry_run)
            raise
    _tell(summary, dry_run=dry_run, as_json=as_json)
    return summary.bad


@contextmanager
def _read(path: str, job: Job, summary: Summary) -> Iterator[Iterator[list[Listed]]]:
    """Yield what yields the entries, and shows how far it is; what goes wrong names the list."""
    with ExitStack() as stack:
        file = stack.enter_context(_opened(path))
        size = os.fstat(file.fileno()).st_size  # 0 for a pipe
        bar = stack.enter_context(progress.bar(size, "addresses"))

        def bad(one: Bad) -> None:
            guard.complain(f"{path}: {one.unit} {one.line}: {one.why}")

        try:
            with apart(file, job, summary, bad=bad, moved=bar.advance) as batches:
                yield batches
        except InputError as error:
            msg = f"{path}: {error}"
            raise InputError(msg) from None


@contextmanager
def _store(settings: Config, *, dry_run: bool, tell: bool) -> Iterator[Store]:
    """Open the store; a dry run where there is none yet gets one that is soon gone."""
    with ExitStack() as stack:
        try:
            opened = options.opened_store(
                settings, create=not dry_run, read_only=dry_run, tell=tell, bulk=True
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
def _opened(path: str) -> Iterator[BinaryIO]:
    if path == STDIN:
        yield sys.stdin.buffer
        return
    with ExitStack() as stack:
        try:
            file = stack.enter_context(Path(path).open("rb"))
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "is no path"
            msg = f"{path}: can't be read: {why}"
            raise InputError(msg) from None
        yield file


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
