"""``follow``: what the mail log of the sending Postfix tells."""

from __future__ import annotations

from typing import Annotated

import typer

from bounced.cli import guard, options

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that --help is quick

DEFAULT_LOG = "/var/log/mail.log"


@guard.guarded
def follow(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="PATH|UNIT",
            help=f"The mail log, - for standard input; else {DEFAULT_LOG}.",
            show_default=False,
        ),
    ] = None,
    *,
    journal: Annotated[
        bool,
        typer.Option("--journal", help="Follow the journal: of a UNIT, else of all mail programs."),
    ] = False,
    once: Annotated[bool, typer.Option("--once", help="End where the log ends for now.")] = False,
    stream: Annotated[
        str | None,
        typer.Option(
            "--stream",
            metavar="NAME",
            help="The mail stream; else that of the sender address, as the settings have it.",
        ),
    ] = None,
    relay_only: Annotated[
        list[str] | None,
        typer.Option(
            "--relay-only",
            metavar="HOST",
            help="A relay that only passes mail on, such as a smarthost.",
        ),
    ] = None,
    as_json: options.Json = False,
    config: options.ConfigFile = None,
) -> None:
    """Follow the log of the Postfix that sends.

    Deliveries are proof that an address works; rejections count as their bounces would.  A mail
    counts once, whether the log tells of it, its bounce, or both.  It goes on where it has stopped,
    also after the log was rotated.  Deferred mail never counts.

    Examples:
      bounced follow
      bounced follow --once --json /var/log/mail.log
      bounced follow --journal postfix@-.service
      zcat mail.log.2.gz | bounced follow -
    """
    from bounced.cli import feed

    feed.follow(
        feed.Wanted(
            source=source, journal=journal, once=once, stream=stream, relay_only=relay_only or ()
        ),
        options.settings(config),
        as_json=as_json,
    )
