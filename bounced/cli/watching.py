"""``messages``, ``incidents``, ``storms`` and ``rejudge``: what goes beyond one address."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

from bounced.cli import guard, options

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that --help is quick

All: TypeAlias = Annotated[bool, typer.Option("--all", help="Those that are over as well.")]


@guard.guarded
def messages(
    *,
    since: options.CameIn = None,
    stream: options.AnyStream = None,
    as_json: options.Json = False,
    config: options.ConfigFile = None,
) -> None:
    """Count what came in, and how far it was believed.

    Messages by kind; by trust (forged: to a return path with a wrong signature); and of them the
    bounces and complaints by what told whom we had mailed.  Those that can't be put down to anybody
    are "nobody".  All are kept, whatever they are.

    Examples:
      bounced messages --since 30d
      bounced messages --json
    """
    from bounced.cli import troubles

    lately = options.duration(since) if since else None
    troubles.messages(options.settings(config), since=lately, stream=stream, as_json=as_json)


@guard.guarded
def incidents(
    *,
    everything: All = False,
    close: Annotated[
        int | None,
        typer.Option("--close", metavar="NUMBER", help="Close this one; it is dealt with."),
    ] = None,
    who: options.Who = None,
    as_json: options.Json = False,
    config: options.ConfigFile = None,
) -> None:
    """Tell who refuses our mail for a fault of ours.

    A block list that has our host on it, a provider that finds our signatures wrong, a rate limit:
    that says nothing about the recipients, and never counts against them.  Each incident tells
    which host or domain of ours is meant, who refuses it, since when, how many recipients are hit,
    where to ask for removal, and whose postmasters to write to.  It closes by itself when nothing
    was refused for three days.

    Examples:
      bounced incidents
      bounced incidents --close 7
    """
    from bounced.cli import troubles

    settings = options.settings(config)
    if close is None:
        troubles.incidents(settings, everything=everything, as_json=as_json)
    elif not troubles.close(settings, close, who=options.operator(who), as_json=as_json):
        raise typer.Exit(guard.NO)


@guard.guarded
def storms(
    *, everything: All = False, as_json: options.Json = False, config: options.ConfigFile = None
) -> None:
    """List outages: many recipients that fail alike.

    Many of one domain or provider, for one cause, within a short time.  Such
    failures are recorded and not counted; what had counted before the outage was seen is taken
    back.  policy.storm_recipients and policy.storm_window say how many in what time.

    Example:
      bounced storms --all
    """
    from bounced.cli import troubles

    troubles.storms(options.settings(config), everything=everything, as_json=as_json)


@guard.guarded
def rejudge(
    *,
    since: options.CameIn = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would change.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do it without asking.")] = False,
    as_json: options.Json = False,
    config: options.ConfigFile = None,
) -> None:
    """Read kept messages again by the rules of today.

    It shows which verdicts change, and which addresses get blocked or unblocked by that; then it
    asks, and corrects them.  What an operator has done since then stands, and so do messages whose
    bytes are no longer kept (store.raw_retention).

    Examples:
      bounced rejudge --dry-run
      bounced rejudge --since 7d --yes
    """
    from bounced.cli import rejudging

    lately = options.duration(since) if since else None
    done = rejudging.rejudge(
        options.settings(config), lately, dry_run=dry_run, yes=yes, as_json=as_json
    )
    if not done:
        raise typer.Exit(guard.NO)
