"""Signed return paths: the settings, and the keys that they name.

The keys stand in a file of their own, or come as a systemd credential; never in the settings, and
never on a command line.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from bounced.address import VALIDITY, Key, is_address, read_keys
from bounced.config import secrets
from bounced.config.kinds import Duration, Section, Text
from bounced.errors import ConfigError

CREDENTIAL: Final = "return-path-keys"


def _base(value: str) -> str:
    if is_address(value) and "+" not in value and "*" not in value and value.isascii():
        return value
    msg = (
        "is no mailbox that can be extended by +...; write the one that gets the bounces, such as "
        '"bounces@bounces.example.org"'
    )
    raise ValueError(msg)


def _validity(value: timedelta) -> timedelta:
    if value >= timedelta(days=1):
        return value
    msg = 'is less than a day, and bounces take days to come back; write "30d"'
    raise ValueError(msg)


class ReturnPath(Section):
    """The envelope senders that we sign."""

    address: Annotated[
        Text | None,
        Field(description="the mailbox that gets the bounces; signed paths extend it by `+...`"),
        AfterValidator(lambda value: None if value is None else _base(value)),
    ] = None
    keys: Annotated[
        Text | None,
        Field(description="file with the keys; a systemd credential `return-path-keys` goes first"),
    ] = None
    validity: Annotated[
        Duration,
        AfterValidator(_validity),
        Field(description="how long after the mail a report to its path is believed"),
    ] = VALIDITY


def load_keys(section: ReturnPath, environ: Mapping[str, str]) -> tuple[Key, ...]:
    """Return the keys, none where nothing names any; raises ConfigError, which shows no secret."""
    file = key_file(section, environ)
    if file is None:
        return ()
    try:
        keys = read_keys(secrets.text(file, "return_path.keys"))
    except ValueError as error:
        msg = f"{file}: {error}"
        raise ConfigError(msg) from None
    if not keys:
        msg = f"{file}: holds no key; make one with: bounced return-path --new-key"
        raise ConfigError(msg)
    return keys


def key_file(section: ReturnPath, environ: Mapping[str, str]) -> Path | None:
    """Return the file that holds the keys: the credential, or the one that the settings name."""
    return secrets.file_of(CREDENTIAL, section.keys, environ)
