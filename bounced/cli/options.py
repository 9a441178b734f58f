"""Options that several commands share, and what they stand for."""

from __future__ import annotations

import inspect
import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from bounced.causes import Cause
from bounced.errors import nearest

if TYPE_CHECKING:
    from bounced.config import Config
    from bounced.store import Incoming, Outcome, Store

# ruff: noqa: PLC0415 - what a command needs is imported when it runs, so that --help is quick

ConfigFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--config",
        "-c",
        metavar="FILE",
        help="Settings; else ./bounced.toml, /etc/bounced/bounced.toml.",
    ),
]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="JSON, one object a line.")]
Stream: TypeAlias = Annotated[
    str, typer.Option("--stream", metavar="NAME", help="The mail stream.")
]


AnyStream: TypeAlias = Annotated[
    str | None, typer.Option("--stream", metavar="NAME", help="Only this mail stream.")
]
CameIn: TypeAlias = Annotated[
    str | None,
    typer.Option("--since", metavar="TIME", help="Only what came in this lately, such as 7d."),
]


def _some_reason(text: str) -> str:
    if text.strip():
        return text.strip()
    msg = "it is empty; say why, for the audit trail"
    raise typer.BadParameter(msg)


Reason: TypeAlias = Annotated[
    str,
    typer.Option(
        "--reason", metavar="TEXT", help="Why, for the audit trail.", callback=_some_reason
    ),
]
Who: TypeAlias = Annotated[
    str | None, typer.Option("--who", metavar="NAME", help="Who does it; you, where left out.")
]
Address: TypeAlias = Annotated[str, typer.Argument(metavar="ADDRESS", help="A mail address.")]
Addresses: TypeAlias = Annotated[
    list[str], typer.Argument(metavar="ADDRESS", help="Mail addresses.")
]


def teaching(command: Callable[..., None]) -> str:
    """Return a command's help from its docstring; examples and tables keep their lines."""
    paragraphs = inspect.cleandoc(command.__doc__ or "").split("\n\n")
    # \b is the mark for "leave this paragraph as it is".
    kept = re.compile(r"\n {2}|\S {3}")
    return "\n\n".join(f"\b\n{one}" if kept.search(one) else one for one in paragraphs)


def settings(file: Path | None) -> Config:
    """Return the settings in force; raises ConfigError."""
    from bounced.config import load

    return load(file, os.environ)


@contextmanager
def opened_store(
    config: Config,
    *,
    create: bool = False,
    read_only: bool = False,
    tell: bool = True,
    bulk: bool = False,
) -> Iterator[Store]:
    """Open the store that the settings name, for as long as the command needs it.

    Without *tell* no webhook hears of what the command changes; with *bulk* that is a lot.
    """
    from bounced.store import Outbox, Store

    store = Store.open(
        config.store.url,
        policies=config.policies,
        raw_retention=config.store.raw_retention,
        free_space=config.store.free_space,
        outbox=Outbox.of(config) if tell else None,
        create=create,
        read_only=read_only,
        bulk=bulk,
    )
    try:
        yield store
    finally:
        store.close()


@contextmanager
def previewed(config: Config) -> Iterator[Callable[[Incoming], Sequence[Outcome]]]:
    """Yield what says what a message would do now; without a database, to addresses nobody knows.

    Nothing is made or changed.
    """
    from bounced.cli import guard
    from bounced.errors import StoreError
    from bounced.store.facts import of_message
    from bounced.store.judge import Memory, judge, outcomes

    def unknown(incoming: Incoming) -> Sequence[Outcome]:
        return outcomes(judge(of_message(incoming), Memory(), config.policies))

    with ExitStack() as stack:
        preview = unknown
        try:
            preview = stack.enter_context(opened_store(config, read_only=True)).preview
        except StoreError as error:
            guard.complain(f"{error}; so every address is taken for a new one")
        yield preview


def address(text: str, *, domains: bool = False) -> str:
    """Return a mail address as it was meant, without ``<>``; anything else is wrong use.

    With *domains*, ``@example.org`` stands for every address there.
    """
    bare = text.strip().removeprefix("<").removesuffix(">")
    local_part, at, domain = bare.rpartition("@")
    whole = bool(local_part or (at and domains)) and bool(domain)
    if not whole or not bare.isprintable() or " " in bare or (domains and local_part == "*"):
        wanted = "user@example.org" + (", or @example.org for all there" if domains else "")
        msg = f"{text!r} is no mail address; write it like {wanted}"
        raise typer.BadParameter(msg)
    return bare


def cause(text: str) -> Cause:
    """Return the cause of that name; anything else is wrong use."""
    try:
        return Cause(text)
    except ValueError:
        hint = nearest(text, Cause) or f"; known are {', '.join(Cause)}"
        msg = f"{text!r} is no cause{hint}"
        raise typer.BadParameter(msg, param_hint="--cause") from None


def duration(text: str) -> timedelta:
    """Return a length of time such as ``7d``; anything else is wrong use."""
    from bounced.config import quantities

    try:
        return quantities.duration(text)
    except ValueError as error:
        msg = f"{text!r} {error}"
        raise typer.BadParameter(msg, param_hint="--since") from None


def operator(name: str | None) -> str:
    """Return who is at the keyboard: the name given, else that of the login."""
    import getpass

    if name:
        return name
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in a container
        return f"uid {os.getuid()}"
