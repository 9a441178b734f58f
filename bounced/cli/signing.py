"""``return-path``: the signed envelope sender of a mail."""

from __future__ import annotations

from typing import Annotated

import typer

from bounced.cli import guard, options

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that --help is quick


@guard.guarded
def return_path(
    address: Annotated[
        str | None, typer.Argument(metavar="ADDRESS", help="Whom the mail goes to.")
    ] = None,
    *,
    stream: Annotated[
        str, typer.Option("--stream", metavar="NAME", help="The mail stream that it belongs to.")
    ] = "default",
    verify: Annotated[
        str | None,
        typer.Option("--verify", metavar="PATH", help="Say what is in this path, and if it holds."),
    ] = None,
    new_key: Annotated[
        bool, typer.Option("--new-key", help="Print a new key, as a line for the file of keys.")
    ] = False,
    as_json: options.Json = False,
    config: options.ConfigFile = None,
) -> None:
    """Print the signed envelope sender for a mail to an address.

    A bounce to it is known to be about that mail, and acts on that address alone; nobody can forge
    one.  It needs return_path.address and a key.  The exit code of --verify is 0 for a good path,
    1 for any other.  docs/return-path.md tells how an application makes them itself.

    Examples:
      bounced return-path anna@example.com
      bounced return-path anna@example.com --stream news --json
      bounced return-path --verify bounces+s1-...@bounces.example.org
      (umask 077; bounced return-path --new-key > /etc/bounced/return-path-keys)
    """
    from bounced.cli import paths

    if (address is not None) + (verify is not None) + new_key != 1:
        msg = "give an address, or --verify and a path, or --new-key"
        raise typer.BadParameter(msg)
    settings = options.settings(config)
    if new_key:
        paths.new_key(settings, as_json=as_json)
    elif address is not None:
        paths.sign(options.address(address), settings, stream=stream, as_json=as_json)
    elif verify is not None and not paths.verify(verify, settings, as_json=as_json):
        raise typer.Exit(guard.NO)
