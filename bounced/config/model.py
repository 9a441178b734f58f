"""The settings: their names, what they may be, and what they are where nobody says.

This is the only place where a setting is declared; the environment's names, the error texts,
``bounced config check`` and the table in the README all follow from it.  pydantic is known in
``bounced.config`` and nowhere else.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from bounced.config import endpoint, quantities
from bounced.config.correlate import Correlate
from bounced.config.follow import Follow
from bounced.config.forward import Forward
from bounced.config.http import Http
from bounced.config.kinds import Network, Retention, Section, Text, listed, recipient_pattern
from bounced.config.limits import Limits
from bounced.config.policy import Policy, Stream, StreamName, policies
from bounced.config.postfix import Postfix
from bounced.config.reading import ReadingSection
from bounced.config.return_path import ReturnPath
from bounced.config.tls import Tls, whole
from bounced.config.webhook import Webhooks
from bounced.policy import Policies


def _url(value: str) -> str:
    if value.startswith(("sqlite:///", "sqlite+", "postgresql://", "postgresql+")):
        return value
    msg = (
        'is no database; write "sqlite:////var/lib/bounced/bounced.db" (four slashes: the path is '
        'absolute) or "postgresql://user@host/name"'
    )
    raise ValueError(msg)


def _address(value: str) -> str:
    endpoint.read(value)
    return value


def _listener(value: object) -> object:
    """Take ``"lmtp unix:/run/x"`` for a table, smtp where no protocol is named."""
    if not isinstance(value, str):
        return value
    protocol, space, address = value.partition(" ")
    return {"protocol": protocol, "address": address} if space else {"address": value}


class Listen(Section):
    """One listener."""

    protocol: Annotated[
        Literal["smtp", "lmtp", "socketmap", "policy", "http"],
        Field(description="what is spoken on it: `smtp`, `lmtp`, `socketmap`, `policy` or `http`"),
    ] = "smtp"
    address: Annotated[
        Text,
        AfterValidator(_address),
        Field(description="`host:port`, `[::1]:port`, `unix:/path` or `systemd:NAME`"),
    ]
    mode: Annotated[
        int,
        BeforeValidator(quantities.file_mode),
        Field(description="who may connect to a unix socket, as the mode of its file"),
    ] = 0o666
    proxy: Annotated[
        tuple[Network, ...],
        BeforeValidator(listed),
        Field(description="balancers that tell the client's address by the PROXY protocol"),
    ] = ()

    def __str__(self) -> str:
        """Write it in one line, as the environment does."""
        return f"{self.protocol} {self.address}"

    @cached_property
    def endpoint(self) -> endpoint.Endpoint:
        """The address, read."""
        return endpoint.read(self.address)


class StoreSection(Section):
    """Where everything is kept."""

    url: Annotated[
        Text, AfterValidator(_url), Field(description="the database, as SQLAlchemy writes it")
    ]
    raw_retention: Annotated[
        Retention,
        Field(description="how long the messages' bytes are kept; `forever` for no end"),
    ] = timedelta(days=30)
    free_space: Annotated[
        int,
        BeforeValidator(quantities.size),
        Field(description="with less than this free on SQLite's disk no message is taken"),
    ] = 64 * 2**20


class Log(Section):
    """What is logged, and how.  It goes to standard error, never to a file of our own."""

    level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Field(description="`debug`, `info`, `warning` or `error`"),
    ] = "info"
    format: Annotated[
        Literal["auto", "json", "console"],
        Field(description="`json`, `console`, or `auto`: console on a terminal, else JSON"),
    ] = "auto"
    addresses: Annotated[
        Literal["plain", "hashed"],
        Field(description="`plain`, or `hashed`: a keyed hash stands for every mail address"),
    ] = "plain"
    salt: Annotated[
        str, Field(description="key of the hashes: any long random text; keep it secret")
    ] = ""


class Rules(Section):
    """Rules of the operator's own; they are tried before the built-in ones."""

    files: Annotated[
        tuple[Text, ...],
        BeforeValidator(listed),
        Field(description="rule files, tried before the built-in ones; `*` allowed"),
    ] = ()


def _telling(listener: Listen) -> Listen:
    if listener.proxy and listener.protocol not in ("smtp", "lmtp"):
        msg = f"has proxy, which {listener.protocol} can't do; only smtp and lmtp can"
        raise ValueError(msg)
    return listener


def _some_listener(value: tuple[Listen, ...]) -> tuple[Listen, ...]:
    if not value:
        msg = "names no listener; leave it out for smtp on 127.0.0.1:8025"
        raise ValueError(msg)
    seen: set[str] = set()
    for listener in value:
        if listener.address in seen and not listener.address.endswith(":0"):
            msg = f"names {listener.address} twice; a listener needs an address of its own"
            raise ValueError(msg)
        seen.add(listener.address)
    return value


def _some_recipient(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:
        msg = 'names no recipient at all; write "*" to accept every one'
        raise ValueError(msg)
    return value


def _salted(value: Log) -> Log:
    if value.addresses == "hashed" and not value.salt:
        msg = (
            'hashes addresses without a key, so that anyone could guess them; write salt = "..." '
            "with a long random text"
        )
        raise ValueError(msg)
    return value


def _host(value: str) -> str:
    if any(letter.isspace() for letter in value):
        msg = 'is no host name; write one like "bounces.example.org"'
        raise ValueError(msg)
    return value


class Config(Section):
    """All settings."""

    hostname: Annotated[Text, AfterValidator(_host), Field(description="name in the greeting")] = (
        Field(default_factory=socket.gethostname)
    )
    accept: Annotated[
        tuple[Annotated[Text, AfterValidator(recipient_pattern)], ...],
        BeforeValidator(listed),
        AfterValidator(_some_recipient),
        Field(description="recipients to accept: addresses, `bounces+*@…`, `@domain`, `*`"),
    ] = ("*",)
    listen: Annotated[
        tuple[Annotated[Listen, BeforeValidator(_listener), AfterValidator(_telling)], ...],
        BeforeValidator(listed),
        AfterValidator(_some_listener),
    ] = (Listen(address="127.0.0.1:8025"),)
    limits: Limits = Limits()
    tls: Annotated[Tls, AfterValidator(whole)] = Tls()
    reading: ReadingSection = ReadingSection()
    store: StoreSection
    policy: Policy = Policy()
    streams: Annotated[
        Mapping[StreamName, Stream], Field(description="mail streams with settings of their own")
    ] = {}
    return_path: ReturnPath = ReturnPath()
    correlate: Correlate = Correlate()
    postfix: Postfix = Postfix()
    http: Http = Http()
    log: Annotated[Log, AfterValidator(_salted)] = Log()
    rules: Rules = Rules()
    follow: Follow = Follow()
    webhook: Webhooks = ()
    forward: Forward = Forward()

    @cached_property
    def policies(self) -> Policies:
        """The policy of each stream, as the core wants it."""
        return policies(self.policy, self.streams)
