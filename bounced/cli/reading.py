"""``parse``, ``explain`` and ``classify``: what does this mail, or this reply, say?"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from bounced.cli import guard, options

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that --help is quick

Paths = Annotated[
    list[str],
    typer.Argument(metavar="PATH", help="Files, folders, Maildirs, mboxes, or - for stdin."),
]


@guard.guarded
def parse(
    paths: Paths, *, as_json: options.Json = False, config: options.ConfigFile = None
) -> None:
    """Read messages and print what they say; record nothing.

    Prints the kind of each, its recipients, and for each failure cause and rule.  A folder is
    walked; a file may be one message or a whole mbox.  What can't be read is reported, and the
    rest goes on; then the exit code is 3.

    Examples:
      bounced parse notice.eml
      bounced parse --json ~/Maildir | jq .recipients
      ssh mx cat /var/mail/bounces | bounced parse -
    """
    from bounced.cli import messages

    settings = options.settings(config)
    bad = messages.parse(paths, settings, as_json=as_json)
    if bad:
        raise typer.Exit(guard.FAILED)


@guard.guarded
def explain(
    file: Annotated[str, typer.Argument(metavar="FILE", help="One message, or - for stdin.")],
    *,
    as_json: options.Json = False,
    stream: options.Stream = "default",
    config: options.ConfigFile = None,
) -> None:
    """Tell everything about one message; record nothing.

    Names the reader that found each recipient and the part of the message, the rule and the very
    words that decided, and what the message would do to the state of each address now.

    Examples:
      bounced explain notice.eml
      bounced explain - < notice.eml
    """
    from bounced.cli import explaining

    explaining.explain(file, options.settings(config), stream=stream, as_json=as_json)


@guard.guarded
def classify(
    text: Annotated[
        str,
        typer.Argument(metavar="TEXT", help="An SMTP reply; - for one a line on stdin."),
    ] = "-",
    *,
    as_json: options.Json = False,
    config: options.ConfigFile = None,
) -> None:
    """Put an SMTP reply down to a cause.

    Says by which rule, and which words decided.  With - every line on stdin is a reply, or a JSON
    object with "reply" and, where known, "remote_mta", the host that said it.

    Examples:
      bounced classify "550 5.1.1 User unknown"
      bounced classify --json - < replies.txt
      echo '{"reply": "552 5.2.2 Over quota", "remote_mta": "mx.example.net"}' | bounced classify -
    """
    from bounced.cli import replies

    if text == "-" and sys.stdin.isatty():
        msg = "give a reply, or pipe one a line into it"
        raise typer.BadParameter(msg)
    if replies.classify(text, options.settings(config), as_json=as_json):
        raise typer.Exit(guard.FAILED)
