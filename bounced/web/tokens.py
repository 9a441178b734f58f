"""Who may use the API: a file of hashed bearer tokens (RFC 6750), a line each.

``NAME SCOPE SHA256``: whose token it is, ``read`` or ``write``, and its hash in hex.  A token has
256 random bits, so a hash without salt or stretching gives nothing away.  Two lines with one name
are how a token is replaced without a gap.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

from bounced.config import secrets as secret_files
from bounced.errors import ConfigError

Scope: TypeAlias = Literal["read", "write"]

_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_HASH: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One line of the file; ``write`` may do all that ``read`` may."""

    name: str
    scope: Scope
    sha256: str

    def __str__(self) -> str:
        """Write it as the file has it."""
        return f"{self.name} {self.scope} {self.sha256}"

    def may(self, scope: Scope) -> bool:
        """Return whether it is good for *scope*."""
        return scope == "read" or self.scope == "write"


class Tokens:
    """The tokens in force."""

    def __init__(self, tokens: Iterable[Token]) -> None:
        self._tokens = tuple(tokens)

    def __len__(self) -> int:
        return len(self._tokens)

    def find(self, secret: bytes) -> Token | None:
        """Return whose token *secret* is; in the same time for all that are wrong."""
        given = hashlib.sha256(secret).hexdigest()
        found = None
        for token in self._tokens:
            if hmac.compare_digest(given, token.sha256):
                found = token
        return found


def new(name: str, scope: Scope) -> tuple[Token, str]:
    """Make a token; return its line and its secret.  Raises ValueError for a bad name."""
    if not _NAME.fullmatch(name):
        msg = f"{name!r} is no name; write 1 to 64 of letters, digits, '.', '-' and '_'"
        raise ValueError(msg)
    secret = secrets.token_urlsafe(32)
    sha256 = hashlib.sha256(secret.encode()).hexdigest()
    return Token(name=name, scope=scope, sha256=sha256), secret


def load(file: Path | None) -> Tokens:
    """Read the file; ``ConfigError`` says which line is wrong, and shows none of them."""
    if file is None:
        msg = (
            "the HTTP API has no tokens, and without one nobody may use it; make one with `bounced "
            "token NAME --scope read`, and name the file of its line in http.tokens (or hand it "
            "over as the systemd credential http-tokens)"
        )
        raise ConfigError(msg)
    tokens = Tokens(_lines(file, secret_files.text(file, "http.tokens")))
    if not len(tokens):
        msg = f"{file}: holds no token; make one with: bounced token NAME --scope read >> {file}"
        raise ConfigError(msg)
    return tokens


def _lines(file: Path, text: str) -> Iterator[Token]:
    known: set[str] = set()
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        token = _read(words)
        if token is None:
            msg = f"{file}:{number}: is not `NAME read|write SHA256`; `bounced token` prints lines"
            raise ConfigError(msg)
        if token.sha256 in known:
            msg = f"{file}:{number}: has the token of a line above; each needs one of its own"
            raise ConfigError(msg)
        known.add(token.sha256)
        yield token


def _read(words: list[str]) -> Token | None:
    match words:
        case [name, ("read" | "write") as scope, sha256] if _NAME.fullmatch(
            name
        ) and _HASH.fullmatch(sha256):
            return Token(name=name, scope=scope, sha256=sha256)
    return None


SCOPES: Final[tuple[str, ...]] = get_args(Scope)
