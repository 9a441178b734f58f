"""To whom to forward what came to a bounce address and is no bounce.  RFC 3461 §5.2.7.1."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from bounced.config import endpoint
from bounced.config.endpoint import Tcp
from bounced.config.kinds import Section, Text, listed

_EXAMPLE = 'write one such as "postmaster@example.org"'


def _mailbox(value: str) -> str:
    local_part, at, domain = value.rpartition("@")
    odd = any(letter.isspace() or letter in '<>,;:"@()' for letter in local_part + domain)
    if at and local_part and domain and not odd and value.isascii():
        return value
    msg = f"is no mail address; {_EXAMPLE}"
    raise ValueError(msg)


def _relay(value: str) -> str:
    try:
        found = endpoint.read(value)
    except ValueError:
        found = None
    if isinstance(found, Tcp) and found.host and found.port:
        return value
    msg = 'is no mail server; write host and port, such as "localhost:25"'
    raise ValueError(msg)


class Forward(Section):
    """What is no bounce, for a person."""

    to: Annotated[
        Annotated[Text, AfterValidator(_mailbox)] | None,
        Field(description="who gets what came and is no bounce; nobody, where left out"),
    ] = None
    via: Annotated[
        Text, AfterValidator(_relay), Field(description="the mail server that takes it")
    ] = "localhost:25"
    author: Annotated[
        Annotated[Text, AfterValidator(_mailbox)] | None,
        Field(description="its From; `bounced@` and `hostname`, where left out"),
    ] = None
    kinds: Annotated[
        tuple[Literal["other", "unrecognised", "auto_reply", "mdn", "report"], ...],
        BeforeValidator(listed),
        Field(description="the kinds of messages to forward"),
    ] = ("other", "unrecognised")

    @property
    def relay(self) -> tuple[str, int]:
        """Host and port of the mail server."""
        found = endpoint.read(self.via)
        assert isinstance(found, Tcp)
        return found.host, found.port
