"""``serve``, ``replay`` and ``migrate``: bring mail in."""

from __future__ import annotations

import signal
import sys
from typing import Annotated

import typer

from bounced.cli import guard, options
from bounced.cli.reading import Paths

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that --help is quick


@guard.guarded
def serve(*, config: options.ConfigFile = None) -> None:
    """Run the daemon: take bounces by SMTP and LMTP.

    Without any settings it listens on 127.0.0.1:8025 and keeps its data in $STATE_DIRECTORY, else
    in your own state directory.  A message is answered 250 when it is safely stored.  SIGTERM or
    Ctrl-C stops it; what was begun is finished first.

    Examples:
      bounced serve
      bounced serve --config /etc/bounced/bounced.toml
    """
    # Until the daemon attends to it itself; nothing has been accepted yet.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))

    from bounced.daemon import serve as run
    from bounced.log import setup

    settings = options.settings(config)
    run(settings, setup(**settings.log.model_dump()))


@guard.guarded
def replay(
    paths: Paths,
    *,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Record nothing; say what each message would do now."),
    ] = False,
    tell: Annotated[
        bool,
        typer.Option("--tell", help="Tell webhooks of it, and forward, as for mail of today."),
    ] = False,
    as_json: options.Json = False,
    config: options.ConfigFile = None,
) -> None:
    """Record messages from files, as of when they came in.

    Each counts once, however often it is replayed or was delivered: a run that was interrupted is
    simply started again.  What can't be read is reported, and the rest goes on; then the exit code
    is 3.  An archive is no news, so webhooks hear nothing of it unless you say --tell.

    Examples:
      bounced replay ~/Maildir
      bounced replay --dry-run /var/mail/bounces
      zcat bounces.mbox.gz | bounced replay -
    """
    from bounced.cli import replaying

    bad = replaying.replay(
        paths, options.settings(config), dry_run=dry_run, tell=tell, as_json=as_json
    )
    if bad:
        raise typer.Exit(guard.FAILED)


@guard.guarded
def migrate(*, as_json: options.Json = False, config: options.ConfigFile = None) -> None:
    """Make the database, or bring it up to date.

    Every command that writes does it by itself.

    Example:
      bounced migrate --config /etc/bounced/bounced.toml
    """
    from bounced.cli import checking

    checking.migrate(options.settings(config), as_json=as_json)
