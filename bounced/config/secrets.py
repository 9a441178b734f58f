"""Secrets: in a file of their own or a systemd credential, never in the settings themselves."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator

from bounced.config.kinds import Text
from bounced.errors import ConfigError

_CREDENTIAL: Final = "credential:"
_LONGEST: Final = 2**20
_OTHERS: Final = stat.S_IWGRP | stat.S_IROTH | stat.S_IWOTH  # a group may share it


def _place(value: str) -> str:
    name = value.removeprefix(_CREDENTIAL)
    if value.startswith("/") or (name != value and re.fullmatch(r"[\w.@-]{1,255}", name)):
        return value
    msg = (
        'names no file; write the whole path of one that holds the secret ("/etc/bounced/NAME"), '
        'or "credential:NAME" for what LoadCredential= of systemd hands over'
    )
    raise ValueError(msg)


SecretFile = Annotated[Text, AfterValidator(_place)]
"""Where a secret lies; :func:`read` reads it."""


def located(place: str, setting: str, environ: Mapping[str, str]) -> Path:
    """Return the file of a secret; raises ConfigError where systemd hands over none.

    *setting* is how the message calls it.
    """
    name = place.removeprefix(_CREDENTIAL)
    if name == place:
        return Path(place)
    if folder := environ.get("CREDENTIALS_DIRECTORY"):
        return Path(folder, name)
    msg = (
        f"{setting} is {place}, and systemd hands over no credentials; write "
        f"LoadCredential={name}:/path in the unit, or name a file"
    )
    raise ConfigError(msg)


def read(place: str, setting: str, environ: Mapping[str, str]) -> list[str]:
    """Return the lines of a secret, without those that are empty; raises ConfigError."""
    file = located(place, setting, environ)
    if lines := [line.strip() for line in text(file, setting).splitlines() if line.strip()]:
        return lines
    msg = f"{setting}: {file} is empty"
    raise ConfigError(msg)


def text(file: Path, setting: str) -> str:
    """Return what stands in a file that is kept secret; raises ConfigError, which shows none of it.

    *setting* is how the message calls it.
    """
    try:
        with file.open("rb") as opened:
            mode, data = os.fstat(opened.fileno()).st_mode, opened.read(_LONGEST + 1)
    except OSError as error:
        msg = f"{setting}: {file} can't be read: {error.strerror}"
        raise ConfigError(msg) from None
    if not data.isascii() or len(data) > _LONGEST:
        msg = f"{setting}: {file} is not ASCII text, or longer than 1 MiB, and holds no secret"
        raise ConfigError(msg)
    if mode & _OTHERS:
        msg = f"{setting}: other users can read or change {file}; run: chmod g-w,o= {file}"
        raise ConfigError(msg)
    return data.decode("ascii")


def file_of(credential: str, named: str | None, environ: Mapping[str, str]) -> Path | None:
    """Return the credential where systemd hands it over, else the file that is named.

    Both name the same where systemd hands it to a service that can't read it otherwise.
    """
    folder = environ.get("CREDENTIALS_DIRECTORY", "")
    handed = Path(folder) / credential
    if folder and handed.exists():
        return handed
    return Path(named) if named else None
