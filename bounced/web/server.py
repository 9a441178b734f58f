"""uvicorn in a loop that is ours: its signals, its log and its idea of an idle client left out.

What it has no limit for: how many connections there are, how long a head takes to arrive, and a
client that does not read its answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Iterator
from typing import Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from bounced.sockets import BACKLOG
from bounced.web import problems

_BUSY: Final = json.dumps(problems.shape(503)).encode()
_TOO_MANY: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: %d\r\n"
    b"Content-Type: %s\r\nContent-Length: %d\r\n\r\n%s"
) % (problems.RETRY_AFTER, problems.MEDIA_TYPE.encode(), len(_BUSY), _BUSY)


class Server(uvicorn.Server):
    """Serves until ``should_exit`` is set; never touches a signal."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave SIGTERM and SIGINT to the daemon."""
        yield


def server(app: ASGIApp, *, connections: int, timeout: float, drain: float) -> Server:
    """Return a server for *app*; *timeout* and *drain* in seconds."""
    # What it warns of are its clients' mistakes; our own log has every request.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)

    class Connection(_Connection):
        most = connections
        patience = timeout

    return Server(
        uvicorn.Config(
            app,
            http=Connection,
            ws="none",
            lifespan="off",
            interface="asgi3",
            loop="none",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            backlog=BACKLOG,
            timeout_keep_alive=max(1, round(timeout)),
            timeout_graceful_shutdown=max(1, round(drain)),
        )
    )


class _Connection(H11Protocol):
    """One connection, with an end to what it may keep us waiting for."""

    most = 64
    patience = 30.0
    _head_due: asyncio.TimerHandle | None = None
    _reading_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # theirs, too
        """Let it in, or tell it that the house is full."""
        super().connection_made(transport)
        if len(self.connections) > self.most:
            transport.write(_TOO_MANY)
            transport.close()
            return
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timers."""
        self._head_came()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Read; a head that is complete has come in time."""
        if self.transport.is_closing():
            return
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._head_came()

    def on_response_complete(self) -> None:
        """Wait for the next head, unless it came with this one."""
        before = self.cycle
        super().on_response_complete()
        if self.cycle is before:
            self._await_head()

    def pause_writing(self) -> None:
        """Wait for the client to read, and not for ever."""
        super().pause_writing()
        self._reading_due = self.loop.call_later(self.patience, self.transport.abort)

    def resume_writing(self) -> None:
        """It has read."""
        if self._reading_due:
            self._reading_due.cancel()
            self._reading_due = None
        super().resume_writing()

    def _await_head(self) -> None:
        self._head_came()
        self._head_due = self.loop.call_later(self.patience, self.transport.abort)

    def _head_came(self) -> None:
        if self._head_due:
            self._head_due.cancel()
            self._head_due = None
