"""Sign and verify return paths, make keys, and print what comes of it."""

from __future__ import annotations

import base64
import itertools
import os
import secrets
import string
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import typer

from bounced import address, verp
from bounced.address import Key, Seal
from bounced.cli import guard, output
from bounced.config import Config
from bounced.config.return_path import CREDENTIAL, key_file, load_keys
from bounced.errors import ConfigError
from bounced.model import Trust

_SECRET = 30  # octets, which base64 writes without padding


def sign(recipient: str, settings: Config, *, stream: str, as_json: bool) -> None:
    """Print the signed path for *recipient*."""
    base, keys = settings.return_path.address, _keys(settings)
    if not base:
        msg = (
            "return_path.address is not set: the mailbox that gets the bounces, such as "
            '"bounces@bounces.example.org"'
        )
        raise ConfigError(msg)
    try:
        path = address.return_path(
            recipient, base=base, keys=keys, at=datetime.now(UTC), stream=stream
        )
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    if as_json:
        shape = {"recipient": address.normalise(recipient), "stream": stream, "key": keys[0].id}
        output.json_line({"return_path": path, **shape})
    else:
        sys.stdout.write(f"{path}\n")


def verify(path: str, settings: Config, *, as_json: bool) -> bool:
    """Print what *path* is, and return whether it is signed and within its time."""
    validity = settings.return_path.validity
    seal = address.verify(path, _keys(settings), at=datetime.now(UTC), validity=validity)
    candidates = () if seal else verp.candidates(path)
    good = seal is not None and seal.trust is Trust.SIGNED
    if as_json:
        output.json_line(_shape(path, seal, candidates, validity))
        return good
    trust = seal.trust if seal else Trust.UNSIGNED
    output.line((path, "bold"), ": ", (str(trust), "green" if good else "red"), f", {_why(seal)}")
    if seal and seal.signed:
        signed = seal.signed
        output.line("  recipient    ", signed.recipient or f"not in it, token {signed.token}")
        output.line("  stream       ", signed.stream)
        output.line("  made on      ", str(signed.day))
        output.line("  valid until  ", str(signed.day + validity))
    for one in candidates:
        output.line("  may be for   ", one, ", by plain VERP")
    return good


def new_key(settings: Config, *, as_json: bool) -> None:
    """Print a new key, with an id that none of those in use has."""
    file = key_file(settings.return_path, os.environ)
    known = load_keys(settings.return_path, os.environ) if _holds_something(file) else ()
    used = {one.id for one in known}
    letters = string.ascii_lowercase + string.digits
    made = ("".join(one) for size in (1, 2) for one in itertools.product(letters, repeat=size))
    name = next(one for one in made if one not in used)
    secret = base64.urlsafe_b64encode(secrets.token_bytes(_SECRET)).decode()
    if as_json:
        output.json_line({"id": name, "secret": secret})
    else:
        sys.stdout.write(f"{name} {secret}\n")
    if sys.stdout.isatty():
        where = str(file) if file else "a file, and name that in return_path.keys"
        guard.complain(f"keep it secret, and put it into {where}; the first key there signs")


def _holds_something(file: Path | None) -> bool:
    """Return whether there are keys already: not, where the new one is being written there."""
    return file is not None and file.exists() and file.stat().st_size > 0


def _keys(settings: Config) -> Sequence[Key]:
    keys = load_keys(settings.return_path, os.environ)
    if not keys:
        msg = (
            "there is no key: make one with `bounced return-path --new-key`, put it into a file, "
            f"and name that in return_path.keys, or hand it over as the credential {CREDENTIAL}"
        )
        raise ConfigError(msg)
    return keys


def _why(seal: Seal | None) -> str:
    return seal.why if seal else "it does not look like a signed path at all"


def _shape(
    path: str, seal: Seal | None, candidates: Sequence[str], validity: timedelta
) -> dict[str, object]:
    signed = seal.signed if seal else None
    return {
        "path": path,
        "trust": str(seal.trust if seal else Trust.UNSIGNED),
        "why": _why(seal),
        "recipient": signed and signed.recipient,
        "token": signed and signed.token,
        "stream": signed and signed.stream,
        "key": signed and signed.key,
        "day": signed and str(signed.day),
        "valid_until": signed and str(signed.day + validity),
        "candidates": list(candidates),
    }
