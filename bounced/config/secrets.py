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
_LONGEST: Final = 65_536


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


def file_of(place: str, setting: str, environ: Mapping[str, str]) -> Path:
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


def check_mode(mode: int, file: Path, setting: str) -> None:
    """Raise ConfigError for a secret that is open to every user of the machine."""
    if mode & (stat.S_IROTH | stat.S_IWOTH):
        msg = f"{setting}: every user of this machine can read or change it; run: chmod o= {file}"
        raise ConfigError(msg)


def read(place: str, setting: str, environ: Mapping[str, str]) -> list[str]:
    """Return the lines of a secret, without those that are empty; raises ConfigError."""
    file = file_of(place, setting, environ)
    try:
        with file.open("rb") as opened:
            mode, text = os.fstat(opened.fileno()).st_mode, opened.read(_LONGEST).decode("ascii")
    except OSError as error:
        msg = f"{setting}: {file} can't be read: {error.strerror}"
        raise ConfigError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"{setting}: {file} holds no secret: it is not plain text"
        raise ConfigError(msg) from error
    check_mode(mode, file, setting)
    if lines := [line.strip() for line in text.splitlines() if line.strip()]:
        return lines
    msg = f"{setting}: {file} is empty"
    raise ConfigError(msg)
