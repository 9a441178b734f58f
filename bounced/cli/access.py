"""``token``: who may use the HTTP API?"""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from bounced.cli import guard, options

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that --help is quick


class Scope(StrEnum):
    """What a token is good for."""

    READ = "read"
    WRITE = "write"


@guard.guarded
def token(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="Whose it is, as the audit trail says: api:NAME.")
    ],
    *,
    scope: Annotated[
        Scope, typer.Option("--scope", help="To ask only, or to change and report as well.")
    ],
    as_json: options.Json = False,
) -> None:
    """Make a token for the HTTP API.

    Standard output is the line for the file of http.tokens: name, scope and a hash.  The token
    itself goes to standard error, this once: it is kept nowhere.  The daemon reads the file again
    on SIGHUP (systemctl reload bounced).

    Examples:
      bounced token shop --scope read >> /etc/bounced/http-tokens
      bounced token mailer --scope write --json
    """
    from bounced.cli import output
    from bounced.web import tokens

    try:
        made, secret = tokens.new(name, scope.value)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="NAME") from None
    if as_json:
        output.json_line(
            {"name": made.name, "scope": made.scope, "line": str(made), "token": secret}
        )
        return
    sys.stdout.write(f"{made}\n")
    guard.complain(f"the token of {made.name}, shown this once: {secret}")
