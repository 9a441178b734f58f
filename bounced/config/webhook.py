"""Whom to tell at once what happens: webhooks."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Final
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

from bounced.config import secrets
from bounced.config.kinds import Duration, Section, Text, listed
from bounced.config.secrets import SecretFile
from bounced.errors import nearest
from bounced.notice import Topic

_LONGEST_TIMEOUT: Final = timedelta(seconds=60)
RESERVED: Final = "forward"


def _name(value: str) -> str:
    if re.fullmatch(r"[a-z0-9_-]{1,32}", value) and value != RESERVED:
        return value
    msg = f'is no name of a webhook; write 1 to 32 of a-z, 0-9, - and _, other than "{RESERVED}"'
    raise ValueError(msg)


def _url(value: str) -> str:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        parts = urlsplit("")
    if parts.username is not None or parts.password is not None:
        msg = "holds a user name or a password, and settings are no place for them; leave it out"
        raise ValueError(msg)
    if not parts.hostname or parts.fragment or any(letter.isspace() for letter in value):
        msg = 'is no address of a webhook; write "https://app.example.org/hooks/bounced"'
        raise ValueError(msg)
    if parts.scheme == "https" or (parts.scheme == "http" and _is_this_machine(parts)):
        return value
    msg = (
        "would carry mail addresses over the network for everyone to read; write https://, or "
        "http:// to a program on this machine (127.0.0.1, [::1] or localhost)"
    )
    raise ValueError(msg)


def _is_this_machine(parts: SplitResult) -> bool:
    host = parts.hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _topic(value: object) -> object:
    if value in tuple(Topic):
        return Topic(str(value))
    hint = nearest(str(value), Topic) or f"; write some of {', '.join(Topic)}"
    msg = f"is no event{hint}"
    raise ValueError(msg)


def _timeout(value: timedelta) -> timedelta:
    if timedelta(seconds=1) <= value <= _LONGEST_TIMEOUT:
        return value
    msg = 'must be between "1s" and "60s"; what takes longer should answer first and work then'
    raise ValueError(msg)


class Webhook(Section):
    """One webhook."""

    name: Annotated[
        Text, AfterValidator(_name), Field(description="what logs and commands call it")
    ]
    url: Annotated[
        Text,
        AfterValidator(_url),
        Field(description="where to post: `https://…`, or `http://` to this machine"),
    ]
    secret: Annotated[
        SecretFile,
        Field(description="file with the key (`whsec_…`), or `credential:NAME`"),
    ]
    events: Annotated[
        tuple[Annotated[Topic, BeforeValidator(_topic)], ...],
        BeforeValidator(listed),
        Field(description="the events to tell; all, where left out"),
    ] = ()
    streams: Annotated[
        tuple[Text, ...],
        BeforeValidator(listed),
        Field(description="only what concerns these mail streams; all, where left out"),
    ] = ()
    timeout: Annotated[
        Duration, AfterValidator(_timeout), Field(description="how long an answer may take")
    ] = timedelta(seconds=10)

    def __str__(self) -> str:
        """Write it in one line."""
        return f"{self.name} {self.url}"

    def wants(self, topic: Topic, stream: str | None) -> bool:
        """Whether to tell it of *topic* in *stream*; ``None`` is what concerns them all."""
        return (not self.events or topic in self.events) and (
            not self.streams or stream is None or stream in self.streams
        )

    def keys(self, environ: Mapping[str, str]) -> list[str]:
        """Return the keys to sign with, one a line of the file; raises ConfigError."""
        return secrets.read(self.secret, f"the secret of webhook {self.name}", environ)


def _each_once(value: tuple[Webhook, ...]) -> tuple[Webhook, ...]:
    seen: set[str] = set()
    for one in value:
        if one.name in seen:
            msg = f"names {one.name} twice; each webhook needs a name of its own"
            raise ValueError(msg)
        seen.add(one.name)
    return value


Webhooks = Annotated[
    tuple[Webhook, ...], AfterValidator(_each_once), Field(description="the webhooks")
]
