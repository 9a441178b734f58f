"""A bar with rate and time left on standard error, if that is a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

# ruff: noqa: PLC0415 - rich is imported when something is to be shown to a person


class Bar(Protocol):
    """What moves on while the work goes on."""

    def advance(self, things: int, size: int) -> None:
        """Move on by so many things, which are *size* of the whole."""


class _NoBar:
    def advance(self, things: int, size: int) -> None:
        """Show nothing."""


@contextmanager
def bar(total: int, name: str) -> Iterator[Bar]:
    """Show a bar over *total*, 0 if that is not known; the rate is in things called *name*."""
    if not sys.stderr.isatty():
        yield _NoBar()
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.fields[seen]:,} {task.description}"),
        BarColumn(),
        TextColumn("{task.fields[rate]:,.0f} a second"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(name, total=total or None, seen=0, rate=0.0)
        seen = 0

        class Shown:
            def advance(self, things: int, size: int) -> None:
                """Move on by the size, and show the rate in things."""
                nonlocal seen
                seen += things
                elapsed = progress.tasks[0].elapsed or 0.0
                rate = seen / elapsed if elapsed else 0.0
                progress.update(task, advance=size, seen=seen, rate=rate)

        yield Shown()
