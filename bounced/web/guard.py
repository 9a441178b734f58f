"""What stands before the application: token, scope, size, time, and what is logged of a request.

An ASGI middleware.  Nothing of a body is read before its sender has shown a token that is good for
what is asked; then it is read whole, within a size and a time, so that the application never waits.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bounced.log import Log
from bounced.web import problems
from bounced.web.app import DESCRIPTION_PATH, HEALTH_PATH, IMPORT_PATH
from bounced.web.importing import TYPES
from bounced.web.tokens import Token, Tokens

_OPEN: Final = frozenset({DESCRIPTION_PATH, HEALTH_PATH})
_READS: Final = frozenset({("POST", "/v1/lookup")})
_JSON: Final = frozenset({"application/json"})
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_HEADERS: Final = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)


class _GoneError(Exception):
    """The client went away before it had sent everything."""


@dataclass(slots=True)
class _Exchange:
    """One request and its answer, as the log tells it."""

    scope: Scope
    send: Send
    started: float = field(default_factory=time.perf_counter)
    token: Token | None = None
    status: int = 0

    async def answer(self, message: Message) -> None:
        """Send one message of the answer, with the headers that all have."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message = {**message, "headers": [*message["headers"], *_HEADERS]}
        await self.send(message)

    def header(self, name: bytes) -> bytes | None:
        """Return a header field of the request, ``None`` where it is absent or there twice."""
        found = [value for key, value in self.scope["headers"] if key == name]
        return found[0] if len(found) == 1 else None

    @property
    def has_body(self) -> bool:
        """Whether anything follows the head."""
        names = {key for key, _ in self.scope["headers"]}
        return b"transfer-encoding" in names or self.header(b"content-length") not in (None, b"0")


@dataclass(slots=True, kw_only=True)
class Guard:
    """The middleware; ``tokens`` returns those in force, ``timeout`` is in seconds."""

    app: ASGIApp
    tokens: Callable[[], Tokens]
    log: Log
    body_size: int
    import_size: int
    timeout: float

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        one = _Exchange(scope, send)
        try:
            await self._answer(one, receive)
        except _GoneError:
            pass
        except Exception as error:  # noqa: BLE001 -- whatever it was, the client gets an answer
            if not one.status:
                self.log.failure(doing="answering an HTTP request", error=error)
                await self._refuse(one, HTTPStatus.INTERNAL_SERVER_ERROR)
        finally:
            self._tell(one)

    async def _answer(self, one: _Exchange, receive: Receive) -> None:
        try:
            self._admit(one)
            received = await self._received(one, receive)
        except HTTPException as error:
            await self._refuse(one, error.status_code)
            return
        one.scope.setdefault("state", {})["token"] = one.token
        await self.app(one.scope, received, one.answer)

    def _admit(self, one: _Exchange) -> None:
        """Let a request in, or say why not: by its head alone."""
        method, path = one.scope["method"], one.scope["path"]
        if path in _OPEN:
            return
        scheme, _, secret = (one.header(b"authorization") or b"").partition(b" ")
        token = self.tokens().find(secret.strip()) if scheme.lower() == b"bearer" else None
        if token is None:
            raise HTTPException(HTTPStatus.UNAUTHORIZED)
        one.token = token
        reads = method in _SAFE or (method, path) in _READS
        if not token.may("read" if reads else "write"):
            raise HTTPException(HTTPStatus.FORBIDDEN)

    async def _received(self, one: _Exchange, receive: Receive) -> Receive:
        """Return what hands on the body: read to its end, or of an import piece by piece."""
        imports = one.scope["path"] == IMPORT_PATH
        types, most = (TYPES, self.import_size) if imports else (_JSON, self.body_size)
        if not one.has_body:
            return _replayed(b"", receive)
        length = one.header(b"content-length") or b"0"
        if int(length) > most:
            raise HTTPException(problems.TOO_LARGE)
        kind = (one.header(b"content-type") or b"").partition(b";")[0].strip().lower()
        if one.scope["method"] == "POST" and kind.decode("latin-1") not in types:
            raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        bounded = _bounded(receive, most, self.timeout)
        if imports:
            return bounded
        try:
            async with asyncio.timeout(self.timeout):
                return _replayed(await _read(bounded), receive)
        except TimeoutError:
            raise HTTPException(HTTPStatus.REQUEST_TIMEOUT) from None

    async def _refuse(self, one: _Exchange, status: int) -> None:
        """Answer at once.  uvicorn takes the rest of the body and throws it away, for a while: a
        connection that is closed on a client that still sends would take the answer with it.
        """
        await problems.answer(status)(one.scope, _nothing, one.answer)

    def _tell(self, one: _Exchange) -> None:
        route = one.scope.get("route")
        self.log.http_request(
            method=one.scope["method"],
            # Not the path: there are addresses in it, and the log may have to hide them.
            route=getattr(route, "path_format", ""),
            status=one.status,
            who=one.token.name if one.token else "",
            peer=(one.scope["client"] or ("",))[0],
            milliseconds=1000 * (time.perf_counter() - one.started),
        )


def _bounded(receive: Receive, most: int, timeout: float) -> Receive:
    """Return *receive* with an end to how much comes, and how long each piece may take."""
    total = 0

    async def bounded() -> Message:
        nonlocal total
        try:
            async with asyncio.timeout(timeout):
                message = await receive()
        except TimeoutError:
            raise HTTPException(HTTPStatus.REQUEST_TIMEOUT) from None
        total += len(message.get("body", b""))
        if total > most:
            raise HTTPException(problems.TOO_LARGE)
        return message

    return bounded


async def _read(receive: Receive) -> bytes:
    read, more = bytearray(), True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _GoneError
        read += message.get("body", b"")
        more = message.get("more_body", False)
    return bytes(read)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Return what hands on a body that was read already, and then whatever comes."""
    messages: Iterator[Message] = iter([{"type": "http.request", "body": body}])

    async def replay() -> Message:
        return next(messages, None) or await receive()

    return replay


async def _nothing() -> dict[str, Any]:
    return {"type": "http.disconnect"}
