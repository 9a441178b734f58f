"""Write the states that the filters let through, to standard output or to a file, whole or not."""

from __future__ import annotations

import os
import stat
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Final

from bounced import lists
from bounced.cli import options, progress
from bounced.cli.filters import Filters
from bounced.config import Config
from bounced.errors import BouncedError
from bounced.lists import Format

_EVERY: Final = 500  # lines between two moves of the bar


def export(settings: Config, wanted: Filters, *, form: str, output: Path | None) -> None:
    """Write every address that the filters let through."""
    with options.opened_store(settings, read_only=True) as store:
        store.require_stream(wanted.stream)
        lines = lists.export(wanted.states(store, datetime.now(UTC)), Format(form))
        if output is None or not _replaceable(output):
            with _opened(output) as target:
                _write(lines, target)
            return
        with _replacing(output) as target, progress.bar(0, "addresses") as bar:
            _write(_shown(lines, bar), target)


def _write(lines: Iterable[str], target: TextIOWrapper) -> None:
    target.writelines(lines)
    target.flush()


def _shown(lines: Iterable[str], bar: progress.Bar) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        yield line
        if number % _EVERY == 0:
            bar.advance(_EVERY, _EVERY)


def _replaceable(path: Path) -> bool:
    """Whether a new file may take its place; a pipe or a device is written to as it is."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return True


@contextmanager
def _opened(path: Path | None) -> Iterator[TextIOWrapper]:
    # The bytes are the same everywhere: UTF-8, and the line ends as they are.
    if path is None:
        target = TextIOWrapper(sys.stdout.buffer, encoding="utf-8", errors="replace", newline="")
        try:
            yield target
        finally:
            target.detach()
        return
    with path.open("w", encoding="utf-8", errors="replace", newline="") as target:
        yield target


@contextmanager
def _replacing(path: Path) -> Iterator[TextIOWrapper]:
    """Yield a new file, for its owner alone, which takes the place of *path* when it is whole."""
    real = path.resolve()
    try:
        number, name = tempfile.mkstemp(prefix=f".{real.name}.", dir=real.parent)
    except OSError as error:
        msg = f"{path}: can't be written: {error.strerror}"
        raise BouncedError(msg) from None
    try:
        with open(number, "w", encoding="utf-8", errors="replace", newline="") as target:  # noqa: PTH123 -- a file descriptor
            yield target
            target.flush()
            os.fsync(number)
        Path(name).replace(real)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
