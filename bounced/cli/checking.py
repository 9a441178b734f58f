"""Check the settings, the rules and the database, and print what was found."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from bounced.classify import check_rules
from bounced.cli import guard, options, output
from bounced.config import (
    Config,
    Loaded,
    Stream,
    Webhook,
    complaints,
    load_with_origins,
    names,
    quantities,
    rulebook,
)
from bounced.config.model import Listen
from bounced.config.ours import ours

_SIZES = {
    ("limits", "message_size"),
    ("limits", "command_length"),
    ("limits", "memory"),
    ("store", "free_space"),
    ("http", "body_size"),
    ("http", "import_size"),
}
_IN_ORDER = "all do what their examples say"


def config(file: Path | None, *, as_json: bool) -> None:
    """Print every setting, its value, and where it comes from."""
    loaded = load_with_origins(file, os.environ)
    rulebook.load(loaded.config.rules.files)
    ours(loaded.config, os.environ)
    rows = list(_settings(loaded))
    if as_json:
        for name, value, origin in rows:
            output.json_line({"setting": name, "value": value, "origin": origin})
        return
    shown = ((name, value, (at, "dim")) for name, value, at in rows)
    output.table(("setting", "value", "from"), shown, folds="value")


def _settings(loaded: Loaded) -> Iterator[tuple[str, str, str]]:
    for path in names.settings():
        value: object = loaded.config
        for name in path:
            value = getattr(value, name)
        yield names.dotted(path), _shown(path, value), loaded.origins[path]


def _shown(path: names.SettingPath, value: object) -> str:
    if path == ("log", "salt"):
        return "(set)" if value else "(not set)"
    if path == ("store", "raw_retention") and value is None:
        return "forever"
    if path in _SIZES and isinstance(value, int):
        return quantities.show_size(value)
    return complaints.hide_password(_written(value))


def _written(value: object) -> str:
    if isinstance(value, timedelta):
        return quantities.show_duration(value)
    if isinstance(value, Listen | Webhook):
        return str(value)
    if isinstance(value, Stream):
        own = value.model_dump(exclude_none=True)
        return f"({', '.join(f'{key} {_written(one)}' for key, one in own.items())})"
    if isinstance(value, tuple):
        return ", ".join(_written(one) for one in value) or "(none)"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_written(one)}" for key, one in value.items()) or "(none)"
    return "(none)" if value is None else str(value)


def rules(settings: Config, *, as_json: bool) -> int:
    """Check all rules against their examples; return how many faults there are."""
    book = rulebook.load(settings.rules.files)
    faults = check_rules(book)
    for fault in faults:
        guard.complain(fault)
    files = len({rule.file for rule in book.rules})
    if as_json:
        output.json_line({"rules": len(book.rules), "files": files, "faults": faults})
        return len(faults)
    told = "fault" if len(faults) == 1 else "faults"
    answer = (f"{len(faults)} {told}", "red") if faults else (_IN_ORDER, "green")
    output.line(f"{len(book.rules)} rules in {files} files: ", answer)
    return len(faults)


def migrate(settings: Config, *, as_json: bool) -> None:
    """Make the database or bring it up to date."""
    url = complaints.hide_password(settings.store.url)
    with options.opened_store(settings, create=True):
        pass
    if as_json:
        output.json_line({"store": url, "migrated": True})
    else:
        output.line("up to date: ", url)
