"""Make a backup, put one in place, and say what has become of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from bounced.cli import output
from bounced.config import Config, complaints, quantities
from bounced.store import back_up
from bounced.store import restore as put_back


def backup(settings: Config, file: Path, *, replace: bool, as_json: bool) -> None:
    """Make a backup and say how large it is."""
    octets = back_up(settings.store.url, file, replace=replace)
    if as_json:
        output.json_line({"file": str(file), "octets": octets})
    else:
        size = quantities.show_about(octets)
        output.line(f"{complaints.hide_password(settings.store.url)} is in {file}, {size}")


def restore(settings: Config, file: Path, *, as_json: bool) -> None:
    """Put a backup in place and say what has become of the old database."""
    old = put_back(settings.store.url, file, datetime.now(UTC))
    if as_json:
        output.json_line({"file": str(file), "replaced": str(old) if old else None})
        return
    output.line(f"{file} is in place; start the daemon")
    if old:
        output.line(f"the database that was there is {old} now")
