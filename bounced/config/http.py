"""The HTTP API: who may use it, and how much of what it takes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Final

from pydantic import AfterValidator, Field

from bounced.config import secrets
from bounced.config.kinds import Count, Duration, Section, Size, Text

CREDENTIAL: Final = "http-tokens"


def _some_time(value: timedelta) -> timedelta:
    if value:
        return value
    msg = 'leaves no time for any request; write at least "1s"'
    raise ValueError(msg)


class Http(Section):
    """What the listeners with ``protocol = "http"`` share."""

    tokens: Annotated[
        Text | None,
        Field(description="file with the tokens; a systemd credential `http-tokens` goes first"),
    ] = None
    body_size: Annotated[Size, Field(description="largest request")] = 4 * 2**20
    import_size: Annotated[Size, Field(description="largest list to import")] = 256 * 2**20
    connections: Annotated[Count, Field(description="HTTP connections at a time")] = 64
    timeout: Annotated[
        Duration,
        AfterValidator(_some_time),
        Field(description="for a request to arrive, and for a client that reads nothing"),
    ] = timedelta(seconds=30)

    def token_file(self, environ: Mapping[str, str]) -> Path | None:
        """Return the file that holds them: the credential, or the one that the settings name."""
        return secrets.file_of(CREDENTIAL, self.tokens, environ)
