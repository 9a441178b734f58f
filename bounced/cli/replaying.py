"""Replay messages with a progress bar on a terminal, and print what it came to."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from bounced.cli import guard, options, output, progress, shapes
from bounced.config import Config, rulebook
from bounced.config.ours import ours
from bounced.replay import files, run
from bounced.replay.summary import Summary


def replay(
    paths: Sequence[str], settings: Config, *, dry_run: bool, tell: bool, as_json: bool
) -> int:
    """Record every message in *paths*, and *tell* who wants to know; return how many are bad."""
    rules, known = rulebook.load(settings.rules.files), ours(settings, os.environ)
    sources = list(files.sources(paths))
    total = sum(one.size for one in sources if isinstance(one, files.Source))
    summary = Summary()
    with (
        _keeping(settings, dry_run=dry_run, tell=tell) as keep,
        progress.bar(total, "messages") as bar,
    ):
        work = run.Replay(rules=rules, ours=known, keep=keep, now=datetime.now(UTC))

        def on_done(batch: Sequence[run.Done]) -> None:
            bar.advance(len(batch), sum(len(one.incoming.raw) for one in batch))
            for one in batch if dry_run else ():
                _would(one, as_json=as_json)

        try:
            work.run(
                _messages(sources, settings.limits.message_size),
                summary,
                on_bad=lambda bad: guard.complain(f"{bad.name}: {bad.why}"),
                on_done=on_done,
            )
        except BaseException:
            _interrupted(summary, dry_run=dry_run)
            raise
    _tell(summary, dry_run=dry_run, as_json=as_json)
    return summary.bad


@contextmanager
def _keeping(settings: Config, *, dry_run: bool, tell: bool) -> Iterator[run.Keep]:
    if dry_run:
        with options.previewed(settings) as preview:
            yield run.previewing(preview)
        return
    with options.opened_store(settings, create=True, tell=tell) as store:
        yield run.recording(store)


def _would(one: run.Done, *, as_json: bool) -> None:
    """Print what one message would do, a line for each recipient."""
    if as_json:
        output.json_line(shapes.would(one))
    elif one.duplicate:
        output.line((one.name, "dim"), ": known before")
    elif not one.outcomes:
        output.line((one.name, "dim"), f": {one.incoming.reading.report.kind}, nothing to count")
    for outcome in () if as_json else one.outcomes:
        decision = outcome.decision
        why = f"{decision.effect}: {decision.why}" if decision else "nothing: the address is hidden"
        output.line(
            (one.name, "dim"), ": ", (outcome.address or "(address hidden)", "bold"), f" {why}"
        )


def _messages(
    sources: Iterable[files.Source | files.Bad], limit: int
) -> Iterator[files.Found | files.Bad]:
    for source in sources:
        if isinstance(source, files.Bad):
            yield source
        else:
            yield from files.read(source, limit=limit, stdin=sys.stdin.buffer)


def _interrupted(summary: Summary, *, dry_run: bool) -> None:
    if not dry_run:
        guard.complain(
            f"stopped after {summary.messages} messages; start it again the same way to go on, "
            "nothing counts twice"
        )


def _tell(summary: Summary, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        output.json_line({**summary.as_json(), "dry_run": dry_run})
        return
    if dry_run and summary.messages:
        output.line("")
    done = "would be recorded" if dry_run else "recorded"
    output.line(
        (output.count(summary.messages, "message"), "bold"),
        f": {summary.recorded:,} {done}, {summary.known:,} known before, ",
        (f"{summary.bad:,} unreadable", "red" if summary.bad else ""),
    )
    output.counts("kind", summary.kinds)
    output.counts("cause", summary.causes)
    output.counts("type", summary.types)
    output.line("")
    output.line(
        output.count(len(summary.blocked), "address", "addresses"),
        " would be blocked" if dry_run else " blocked",
    )
