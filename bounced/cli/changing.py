"""``block``, ``unblock`` and ``delivered``: what an operator, or a program, knows better."""

from __future__ import annotations

from typing import Annotated

import typer

from bounced.cli import guard, options

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that --help is quick


@guard.guarded
def block(
    addresses: options.Addresses,
    *,
    reason: options.Reason,
    cause: Annotated[
        str | None,
        typer.Option("--cause", metavar="CAUSE", help="What to put it down to, if that is known."),
    ] = None,
    who: options.Who = None,
    as_json: options.Json = False,
    stream: options.Stream = "default",
    config: options.ConfigFile = None,
) -> None:
    """Block addresses by hand, until somebody unblocks them.

    An address without a name, such as @example.org, is the whole domain.

    Examples:
      bounced block user@example.org --reason "asked by phone to be taken off"
      bounced block @example.org --reason "the company is gone"
    """
    from bounced.cli import states

    wanted = [options.address(one, domains=True) for one in addresses]
    known = options.cause(cause) if cause else None
    states.change(
        wanted,
        options.settings(config),
        as_json=as_json,
        stream=stream,
        change=states.Block(why=reason, who=options.operator(who), cause=known),
    )


@guard.guarded
def unblock(
    addresses: options.Addresses,
    *,
    reason: options.Reason,
    who: options.Who = None,
    as_json: options.Json = False,
    stream: options.Stream = "default",
    config: options.ConfigFile = None,
) -> None:
    """Lift the block of addresses; they start clean.

    An address without a name, such as @example.org, is the whole domain.  Who did it, when and why
    is kept for good.

    Examples:
      bounced unblock user@example.org --reason "has cleaned up the mailbox"
      bounced unblock @example.org --reason "the company is back"
    """
    from bounced.cli import states

    wanted = [options.address(one, domains=True) for one in addresses]
    states.change(
        wanted,
        options.settings(config),
        as_json=as_json,
        stream=stream,
        change=states.Unblock(why=reason, who=options.operator(who)),
    )


@guard.guarded
def delivered(
    addresses: options.Addresses,
    *,
    who: options.Who = None,
    as_json: options.Json = False,
    stream: options.Stream = "default",
    config: options.ConfigFile = None,
) -> None:
    """Say that mail to these addresses has arrived.

    Their soft failures are forgotten and counting starts anew.  It lifts no block.

    Example:
      bounced delivered user@example.org
    """
    from bounced.cli import states

    wanted = [options.address(one) for one in addresses]
    states.change(
        wanted,
        options.settings(config),
        as_json=as_json,
        stream=stream,
        change=states.Delivered(who=options.operator(who)),
    )
