"""``doctor``, ``backup`` and ``restore``: keep the daemon well, and its data safe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bounced.cli import guard, options

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that --help is quick

File = Annotated[Path, typer.Argument(metavar="FILE", help="The file of the backup.")]


@guard.guarded
def doctor(
    *,
    thorough: Annotated[
        bool,
        typer.Option("--thorough", help="Compare every index with its table as well: slow."),
    ] = False,
    as_json: options.Json = False,
    config: options.ConfigFile = None,
) -> None:
    """Say what is wrong, and what to do about it.

    Looks at settings, rules, keys, database, clock, disk, ports and the service.  Changes nothing,
    and may be asked while the daemon runs and while it doesn't start.  Each line is ok, warn or
    bad; where something is bad the exit code is 1.  Ask as root or as the user that the daemon runs
    as.

    Examples:
      bounced doctor
      bounced doctor --config /etc/bounced/bounced.toml --thorough
      bounced doctor --json
    """
    from bounced.cli import consulting

    if not consulting.doctor(config, thorough=thorough, as_json=as_json):
        raise typer.Exit(guard.NO)


@guard.guarded
def backup(
    file: File,
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Overwrite FILE, once the new backup is whole.")
    ] = False,
    as_json: options.Json = False,
    config: options.ConfigFile = None,
) -> None:
    """Copy the database to FILE, while the daemon goes on.

    FILE is one plain SQLite database that nobody else may read.  It has everything that was
    answered 250 before the backup began; it is checked, and on the disk when this is done.

    Examples:
      bounced backup /var/backups/bounced-$(date +%F).db
      bounced backup --replace /var/backups/bounced.db
    """
    from bounced.cli import copying

    copying.backup(options.settings(config), file, replace=replace, as_json=as_json)


@guard.guarded
def restore(
    file: File, *, as_json: options.Json = False, config: options.ConfigFile = None
) -> None:
    """Put a backup in the place of the database.

    The daemon must be stopped.  The old database is kept beside it, under another name.  A damaged
    backup changes nothing.

    Example:
      systemctl stop bounced bounced.socket
      bounced restore /var/backups/bounced.db
      systemctl start bounced.socket bounced
    """
    from bounced.cli import copying

    copying.restore(options.settings(config), file, as_json=as_json)
