"""``import`` and ``export``: suppression lists, from others and for others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import typer

from bounced.cli import filters, guard, options

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that --help is quick

_Format: TypeAlias = Literal["csv", "jsonl"]  # bounced.lists.Format, which is slow to import


@guard.guarded
def import_(
    path: Annotated[str, typer.Argument(metavar="PATH", help="A list; - is standard input.")],
    *,
    form: Annotated[
        _Format | None, typer.Option("--format", help="How it is written; else found out.")
    ] = None,
    source: Annotated[
        str | None,
        typer.Option("--source", metavar="NAME", help="Whose list it is; else the file's name."),
    ] = None,
    cause: Annotated[
        str | None,
        typer.Option("--cause", metavar="CAUSE", help="For entries that don't say why."),
    ] = None,
    stream: Annotated[
        str,
        typer.Option("--stream", metavar="NAME", help="The mail stream of entries without one."),
    ] = "default",
    who: options.Who = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Change nothing; show what would change.")
    ] = False,
    tell: Annotated[bool, typer.Option("--tell", help="Tell webhooks of each address.")] = False,
    as_json: options.Json = False,
    config: options.ConfigFile = None,
) -> None:
    """Block the addresses of a suppression list.

    Reads CSV with the names of the columns in the first line, JSON lines, JSON, or one address a
    line: the lists of SendGrid, Mailgun, Amazon SES, Postmark, SparkPost, Mandrill, Brevo and
    others, and what bounced export writes.  Soft bounces are skipped, and what has happened here
    since the date in the list stands.  Importing again changes nothing.  What can't be read is
    reported, and the rest goes on; then the exit code is 3.  A list is no news, so webhooks hear
    nothing of it unless you say --tell.

    Examples:
      bounced import --dry-run --source sendgrid bounces.csv
      bounced import --source mailgun --cause complaint complaints.csv
      bounced export | ssh other.example.org bounced import --source here -
    """
    from bounced.cli import importing

    bad = importing.import_list(
        path,
        options.settings(config),
        form=form,
        source=source,
        cause=options.cause(cause) if cause else None,
        stream=stream,
        who=options.operator(who),
        dry_run=dry_run,
        tell=tell,
        as_json=as_json,
    )
    if bad:
        raise typer.Exit(guard.FAILED)


@guard.guarded
def export(
    *,
    form: Annotated[_Format, typer.Option("--format", help="How to write it.")] = "csv",
    blocked: Annotated[
        bool,
        typer.Option("--blocked/--all", help="Only who is blocked, or all that is known."),
    ] = True,
    cause: filters.CauseName = None,
    domain: filters.Domain = None,
    since: filters.Since = None,
    stream: options.AnyStream = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Replace FILE when all is written."),
    ] = None,
    config: options.ConfigFile = None,
) -> None:
    """Write the addresses that are blocked, as CSV or JSON lines.

    In CSV a cell that a spreadsheet would take for a formula gets a ' before it; bounced import
    takes it away again.

    Examples:
      bounced export > blocked.csv
      bounced export --all --format jsonl --output /var/backups/bounced.jsonl
      bounced export --since 1d --domain example.org
    """
    from bounced.cli import exporting

    wanted = filters.Filters.read(
        blocked=True if blocked else None, cause=cause, domain=domain, since=since, stream=stream
    )
    exporting.export(options.settings(config), wanted, form=form, output=output)
