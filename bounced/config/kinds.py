"""The kinds of values that settings are made of, each with what to write where it is wrong."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import ip_network
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from bounced.config import quantities


def _some_size(value: int) -> int:
    if value:
        return value
    msg = 'refuses every message; write at least "1 MiB", bounces carry whole mails'
    raise ValueError(msg)


Size = Annotated[int, BeforeValidator(quantities.size), AfterValidator(_some_size)]
Duration = Annotated[timedelta, BeforeValidator(quantities.duration)]
Retention = Annotated[timedelta | None, BeforeValidator(quantities.retention)]
Count = Annotated[int, BeforeValidator(quantities.count)]


def _text(value: object) -> str:
    if isinstance(value, str) and value and value.isprintable():
        return value
    msg = "must be a text in quotes, not empty and without control characters"
    raise ValueError(msg)


def recipient_pattern(value: str) -> str:
    """Return what stands for recipients, as ``address.matcher`` reads it; raises ValueError."""
    local_part, at, domain = value.rpartition("@")
    bad = any(letter.isspace() for letter in value) or "@" in local_part.replace('"', "")
    if value == "*" or (at and domain and not bad):
        return value
    msg = (
        'is no recipient; write an address ("bounces@example.org"), one with a wildcard '
        '("bounces+*@example.org"), a whole domain ("@example.org"), or "*" for all'
    )
    raise ValueError(msg)


def listed(value: object) -> object:
    """Take one text for a list of them, cut at commas: the form for the environment."""
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_text)]


def _network(value: str) -> str:
    try:
        return str(ip_network(value))
    except ValueError as error:
        msg = (
            'is no network; write an address ("192.0.2.7") or one with the length of its prefix '
            '("192.0.2.0/24", "2001:db8::/64")'
        )
        raise ValueError(msg) from error


Network = Annotated[Text, AfterValidator(_network)]


class Section(BaseModel):
    """A table of the file: knows all its names, and does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)
