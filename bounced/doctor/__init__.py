"""What is wrong, and what to do about it: of the settings, the data and the machine.

Each check is a function that yields findings; none changes anything, and none lets the others down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from bounced.config import load_with_origins
from bounced.doctor import data, machine, secrets, words
from bounced.doctor.finding import Finding, Grade, blame, ok
from bounced.errors import BouncedError, ConfigError

__all__ = ["Finding", "Grade", "examine"]


def examine(
    file: Path | None, environ: Mapping[str, str], now: datetime, *, thorough: bool = False
) -> Iterator[Finding]:
    """Yield what is found; with broken settings there is nothing else to look at."""
    try:
        loaded = load_with_origins(file, environ)
    except ConfigError as error:
        for line in str(error).splitlines():
            yield blame("settings", ConfigError(line))
        return
    config = loaded.config
    yield ok("settings", str(loaded.file) if loaded.file else "no file; all is at its default")
    checks: dict[str, Callable[[], Iterable[Finding]]] = {
        "rules": lambda: words.rules(config),
        "keys": lambda: secrets.keys(config, environ),
        "database": lambda: data.database(config, now, thorough=thorough),
        "disk": lambda: machine.disk(config),
        "listener": lambda: machine.listeners(config),
        "files": lambda: machine.open_files(config),
        "service": machine.service,
    }
    for name, check in checks.items():
        yield from _contained(name, check)


def _contained(name: str, check: Callable[[], Iterable[Finding]]) -> Iterator[Finding]:
    try:
        yield from check()
    except (BouncedError, OSError) as error:
        yield blame(name, error)
