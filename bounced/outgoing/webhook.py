"""One webhook: a notice becomes a signed POST, and the answer says whether it has arrived.

httpx is known here and nowhere else, and only where a webhook is configured.  No redirects (they
would carry mail addresses elsewhere), no proxies of the environment, certificates are verified, and
of an answer no more is read than a person wants to see.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Self

from bounced import __version__
from bounced.config import Webhook
from bounced.errors import ConfigError
from bounced.outgoing import signing
from bounced.outgoing.courier import Failure
from bounced.outgoing.schedule import retry_after
from bounced.store import Letter

if TYPE_CHECKING:
    import httpx

# ruff: noqa: PLC0415 - httpx is an optional dependency

SLOTS: Final = 8
_SHOWN: Final = 200
_READ: Final = 1_024
_FAREWELL: Final = 1.0


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True, kw_only=True)
class Hook:
    """Sends to one webhook."""

    settings: Webhook
    keys: list[bytes]
    client: httpx.AsyncClient
    now: Callable[[], datetime] = _now

    @classmethod
    def open(cls, settings: Webhook, environ: Mapping[str, str]) -> Self:
        """Make ready to send; raises ConfigError where the key or httpx is missing."""
        try:
            keys = [signing.key(text) for text in settings.keys(environ)]
        except ValueError as error:
            msg = f"the secret of webhook {settings.name} in {settings.secret} {error}"
            raise ConfigError(msg) from None
        try:
            import httpx
        except ModuleNotFoundError:
            msg = "webhooks need httpx: pip install 'bounced[webhooks]'"
            raise ConfigError(msg) from None
        client = httpx.AsyncClient(
            verify=ssl.create_default_context(),  # the certificates that this machine trusts
            trust_env=False,
            follow_redirects=False,
            timeout=settings.timeout.total_seconds(),
            limits=httpx.Limits(max_connections=SLOTS, max_keepalive_connections=SLOTS),
        )
        return cls(settings=settings, keys=keys, client=client)

    async def close(self) -> None:
        """Close its connections."""
        await self.client.aclose()

    async def __call__(self, letter: Letter) -> Failure | None:
        """Send one letter."""
        return await self.post(letter.webhook_id, payload(letter.topic, letter.at, letter.data))

    async def post(self, webhook_id: str, body: bytes) -> Failure | None:
        """Send *body*, signed; ``None`` where it was taken."""
        import httpx

        headers = {
            "content-type": "application/json",
            "user-agent": f"bounced/{__version__}",
            **signing.headers(self.keys, webhook_id, self.now(), body),
        }
        limit = self.settings.timeout.total_seconds()
        try:
            async with (
                asyncio.timeout(limit) as patience,
                self.client.stream(
                    "POST", self.settings.url, content=body, headers=headers
                ) as response,
            ):
                patience.reschedule(None)  # it has answered; the rest has a limit of its own
                return await self._result(response)
        except (TimeoutError, httpx.TimeoutException):
            return Failure(why=f"no answer within {limit:g} s")
        except (httpx.HTTPError, httpx.StreamError) as error:
            return Failure(why=f"{type(error).__name__}: {error}")

    async def _result(self, response: httpx.Response) -> Failure | None:
        # Of a success as well, so that the connection can be used again.
        text = await _beginning(response)
        if response.is_success:
            return None
        code = response.status_code
        said = f"answered {code} {response.reason_phrase}".rstrip()
        asked = retry_after(response.headers.get("retry-after"), self.now())
        why = f"{said}: {text}" if text else said
        return Failure(why=why, after=asked, final=code == HTTPStatus.GONE)


async def _beginning(response: httpx.Response) -> str:
    """Return how the answer begins, in one line; its body may be endless, slow or broken."""
    import httpx

    read = b""
    with contextlib.suppress(TimeoutError, httpx.HTTPError):
        async with asyncio.timeout(_FAREWELL):
            async for some in response.aiter_raw(_READ):
                read += some
                if len(read) >= _READ:
                    break
    return " ".join(read.decode("utf-8", "replace").split())[:_SHOWN]


def payload(topic: str, at: datetime, data: object) -> bytes:
    """Return the body: what happened, when, and the data; the same for every attempt."""
    shape = {"type": topic, "timestamp": at.isoformat(), "data": data}
    return json.dumps(shape, separators=(",", ":")).encode("ascii")
