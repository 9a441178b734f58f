"""The connections: bounded in number, in memory, and in how long they may be silent."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from bounced.log import Log
from bounced.lookup.dialogue import Dialogue, MalformedError

IDLE: Final = 600.0
"""Seconds of silence after which a client is sent away: longer than Postfix itself keeps an idle
connection (smtpd_policy_service_max_idle, 300 s), so that none is closed under a request."""

# Octets taken at a time.  A client that sends thousands of requests at once waits for its turn
# after some dozens, and so nobody waits for all of its.
_TURN: Final = 2048


@dataclass(slots=True, kw_only=True)
class Server:
    """All connections of this process."""

    log: Log
    limit: int
    idle: float = IDLE
    connections: set[Connection] = field(default_factory=set)

    async def listen(
        self, sockets: Iterable[tuple[socket.socket, Callable[[], Dialogue]]]
    ) -> list[asyncio.Server]:
        """Accept connections on *sockets*, each with its dialogue."""
        loop = asyncio.get_running_loop()
        return [
            await loop.create_server(_protocol(self, dialogue), sock=one)
            for one, dialogue in sockets
        ]

    async def sweep(self) -> None:
        """Send silent clients away, for ever."""
        while True:
            await asyncio.sleep(self.idle / 4)
            oldest = asyncio.get_running_loop().time() - self.idle
            for one in [one for one in self.connections if one.heard < oldest]:
                one.close()


def _protocol(server: Server, dialogue: Callable[[], Dialogue]) -> Callable[[], Connection]:
    return lambda: Connection(server, dialogue())


class Connection(asyncio.BufferedProtocol):
    """One client, which gets each answer before its next request is read."""

    def __init__(self, server: Server, dialogue: Dialogue) -> None:
        self.heard = asyncio.get_running_loop().time()
        self._server = server
        self._dialogue = dialogue
        self._buffer = memoryview(bytearray(_TURN))
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let the client in, or send it away where there are too many."""
        assert isinstance(transport, asyncio.Transport)
        if len(self._server.connections) >= self._server.limit:
            self._server.log.connections_full(peer=_peer(transport), limit=self._server.limit)
            transport.close()
            return
        self._transport = transport
        self._server.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 -- asyncio's name
        """Forget it."""
        self._server.connections.discard(self)

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 -- asyncio's name
        """Take a little at a time."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Have it answered when all that can be read now has been: answers may share a view."""
        loop = asyncio.get_running_loop()
        self.heard = loop.time()
        loop.call_soon(self._answer, bytes(self._buffer[:nbytes]))

    def _answer(self, data: bytes) -> None:
        """Answer what is complete."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        try:
            replies = self._dialogue.receive(data)
        except MalformedError as error:
            self._server.log.refused(peer=_peer(transport), command=str(error), reply="closed")
            transport.write(error.replies)
            transport.close()
        else:
            transport.write(replies)

    def pause_writing(self) -> None:
        """Read no more from a client that does not read what it is told."""
        if self._transport:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on."""
        if self._transport and not self._transport.is_closing():
            self._transport.resume_reading()

    def close(self) -> None:
        """Hang up at once."""
        if self._transport:
            self._transport.abort()


def _peer(transport: asyncio.BaseTransport) -> str:
    name = transport.get_extra_info("peername")
    return str(name[0]) if isinstance(name, tuple) else "local"
