"""``rules check`` and ``config check``: is what was written down right?"""

from __future__ import annotations

import typer

from bounced.cli import guard, options

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that --help is quick

rules = typer.Typer(help="Check the rules that find the cause.", no_args_is_help=True)
config = typer.Typer(help="Check the settings.", no_args_is_help=True)


@guard.guarded
def check_rules(*, as_json: options.Json = False, config: options.ConfigFile = None) -> None:
    """Check every rule against its examples.

    The built-in ones, and those of rules.files.

    Example:
      bounced rules check --config bounced.toml
    """
    from bounced.cli import checking

    if checking.rules(options.settings(config), as_json=as_json):
        raise typer.Exit(guard.FAILED)


@guard.guarded
def check_config(*, as_json: options.Json = False, config: options.ConfigFile = None) -> None:
    """Print the settings in force, and where each comes from.

    Or what is wrong with them, and what to write instead.  A setting comes from a default, a
    line of the file, or an environment variable, which beats the file: limits.message_size is
    BOUNCED_LIMITS_MESSAGE_SIZE.

    Examples:
      bounced config check
      bounced config check --config bounced.toml --json
    """
    from bounced.cli import checking

    checking.config(config, as_json=as_json)


rules.command("check", help=options.teaching(check_rules))(check_rules)
config.command("check", help=options.teaching(check_config))(check_config)
