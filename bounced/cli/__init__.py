"""The command line: one function a subcommand, no logic.

The functions hold the names, the options and the help; what they do is in the modules that they
import when they run.
"""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from bounced import __version__
from bounced.cli import (
    access,
    asking,
    changing,
    following,
    keeping,
    moving,
    options,
    reading,
    running,
    signing,
    verifying,
    watching,
    webhooks,
)

app = typer.Typer(
    name="bounced",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help, the same on a terminal and in a pipe, and at once
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(wanted: bool) -> None:  # noqa: FBT001 - typer hands the option's value over so
    if wanted:
        typer.echo(f"bounced {__version__}")
        raise typer.Exit


def top(
    *,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """The daemon behind your Return-Path: it reads returned mail and keeps who can't be mailed.

    Run it:           bounced serve
    Read a message:   bounced explain notice.eml
    Ask it:           bounced check user@example.org
    Why is that so:   bounced history user@example.org

    Every command that answers has --json, and its own --help.  Exit codes: 0 done; 1 the answer is
    no (check found a block); 2 wrong use; 3 something failed.
    """


app.callback(help=options.teaching(top))(top)
COMMANDS: dict[str, Callable[..., None]] = {
    "serve": running.serve,
    "replay": running.replay,
    "follow": following.follow,
    "parse": reading.parse,
    "explain": reading.explain,
    "classify": reading.classify,
    "check": asking.check,
    "list": asking.list_,
    "history": asking.history,
    "block": changing.block,
    "unblock": changing.unblock,
    "delivered": changing.delivered,
    "return-path": signing.return_path,
    "messages": watching.messages,
    "incidents": watching.incidents,
    "storms": watching.storms,
    "rejudge": watching.rejudge,
    "token": access.token,
    "import": moving.import_,
    "export": moving.export,
    "migrate": running.migrate,
    "backup": keeping.backup,
    "restore": keeping.restore,
    "doctor": keeping.doctor,
}
for _name, _command in COMMANDS.items():
    app.command(_name, help=options.teaching(_command))(_command)
app.add_typer(verifying.rules, name="rules")
app.add_typer(verifying.config, name="config")
app.add_typer(webhooks.app, name="webhooks")


def main() -> None:
    """Run the command line and exit with its code."""
    for stream in (sys.stdout, sys.stderr):
        # A file name, or a mail, can hold what the terminal's encoding has no letters for.
        if isinstance(stream, io.TextIOWrapper):
            with contextlib.suppress(ValueError):
                stream.reconfigure(errors="backslashreplace")
    app(prog_name="bounced")
