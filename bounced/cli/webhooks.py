"""``webhooks``: what was not told yet, and telling it again."""

from __future__ import annotations

from typing import Annotated

import typer

from bounced.cli import guard, options

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that --help is quick

app = typer.Typer(help="Webhooks and forwarded mail.", no_args_is_help=True)


@guard.guarded
def list_(
    *,
    dead: Annotated[bool, typer.Option("--dead", help="Only those that were given up.")] = False,
    as_json: options.Json = False,
    config: options.ConfigFile = None,
) -> None:
    """List what was not told yet: what waits, and what was given up.

    The oldest first.  Messages that are to be forwarded are there, too; what has arrived is not.

    Examples:
      bounced webhooks list
      bounced webhooks list --dead --json
    """
    from bounced.cli import letters

    letters.show(options.settings(config), dead=dead, as_json=as_json)


@guard.guarded
def resend(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="ID", help="As `webhooks list` shows them.")
    ] = None,
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="All that were given up, instead of some.")
    ] = False,
    as_json: options.Json = False,
    config: options.ConfigFile = None,
) -> None:
    """Send again what was given up.

    It is tried as often as something new.  The exit code is 1 if one of the IDs was not given up.

    Examples:
      bounced webhooks resend msg_fc75a2e72f1b4b1889f1d4d0970da2a1
      bounced webhooks resend --all
    """
    from bounced.cli import letters

    if bool(names) == everything:
        msg = "say which: some IDs, or --all"
        raise typer.BadParameter(msg)
    wanted = None if everything else names
    if not letters.resend(options.settings(config), wanted, as_json=as_json):
        raise typer.Exit(guard.NO)


@guard.guarded
def try_out(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The name of the webhook.")],
    *,
    as_json: options.Json = False,
    config: options.ConfigFile = None,
) -> None:
    """Try a webhook out, and say how it answers.

    An event of the type "test" goes there at once, and is not tried again.  The exit code is 3 if
    it was not taken.

    Example:
      bounced webhooks test crm
    """
    from bounced.cli import letters

    if not letters.try_out(options.settings(config), name, as_json=as_json):
        raise typer.Exit(guard.FAILED)


app.command("list", help=options.teaching(list_))(list_)
app.command("resend", help=options.teaching(resend))(resend)
app.command("test", help=options.teaching(try_out))(try_out)
