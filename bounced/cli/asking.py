"""``check``, ``list`` and ``history``: how do addresses stand?"""

from __future__ import annotations

from typing import Annotated

import typer

from bounced.cli import filters, guard, options

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that --help is quick


@guard.guarded
def check(
    addresses: options.Addresses,
    *,
    as_json: options.Json = False,
    stream: options.Stream = "default",
    config: options.ConfigFile = None,
) -> None:
    """May these addresses be mailed?

    Says of each whether it is blocked, since when and why, or how many soft failures it has in a
    row.  The exit code is 0 if all may be mailed, 1 if one is blocked.

    Examples:
      bounced check user@example.org
      bounced check --json a@example.org b@example.org
      bounced check user@example.org && sendmail ...
    """
    from bounced.cli import states

    wanted = [options.address(one, domains=True) for one in addresses]
    blocked = states.check(wanted, options.settings(config), stream=stream, as_json=as_json)
    if blocked:
        raise typer.Exit(guard.NO)


@guard.guarded
def list_(
    *,
    blocked: Annotated[
        bool | None,
        typer.Option("--blocked/--not-blocked", help="Only those that are, or are not, blocked."),
    ] = None,
    cause: filters.CauseName = None,
    domain: filters.Domain = None,
    since: filters.Since = None,
    stream: options.AnyStream = None,
    limit: Annotated[
        int | None, typer.Option("--limit", metavar="N", min=1, help="At most so many.")
    ] = None,
    as_json: options.Json = False,
    config: options.ConfigFile = None,
) -> None:
    """List the addresses that something is known of.

    On a terminal it is a table; into a pipe one line each, with tabs and without a head.

    Examples:
      bounced list --blocked --since 7d
      bounced list --cause mailbox_full --domain example.org
      bounced list --blocked | cut -f1
    """
    from bounced.cli import states

    wanted = filters.Filters.read(
        blocked=blocked, cause=cause, domain=domain, since=since, stream=stream
    )
    states.show(options.settings(config), wanted, limit=limit, as_json=as_json)


@guard.guarded
def history(
    address: options.Address,
    *,
    as_json: options.Json = False,
    stream: options.AnyStream = None,
    config: options.ConfigFile = None,
) -> None:
    """Tell all that happened to an address, and why.

    The newest last.  Each event says what was reported, what that did to the address and why, by
    which rule, and in whose words.

    Examples:
      bounced history user@example.org
      bounced history --json user@example.org | tail -1
    """
    from bounced.cli import states

    wanted = options.address(address, domains=True)
    states.history(wanted, options.settings(config), stream=stream, as_json=as_json)
