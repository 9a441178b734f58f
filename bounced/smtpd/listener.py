"""Listeners: open their sockets, give each connection a session, close them in good order."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bounced.config import Listen, Unix
from bounced.smtpd import reply
from bounced.smtpd.connection import Service, peer_of
from bounced.smtpd.session import LmtpSession, Session
from bounced.sockets import BACKLOG, open_sockets, shown

_SESSIONS: Final[Mapping[str, type[Session]]] = {"smtp": Session, "lmtp": LmtpSession}
PROTOCOLS: Final = frozenset(_SESSIONS)


class _Door(asyncio.Protocol):
    """Lets a connection in, or tells it that the house is full."""

    def __init__(self, session: type[Session], service: Service, limit: int) -> None:
        self._session = session
        self._service = service
        self._limit = limit

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Decide."""
        assert isinstance(transport, asyncio.Transport)
        if len(self._service.connections) < self._limit:
            session = self._session(self._service, asyncio.get_running_loop())
            transport.set_protocol(session)
            session.connection_made(transport)
            return
        self._service.log.connections_full(peer=peer_of(transport), limit=self._limit)
        transport.write(f"{reply.TOO_MANY_CONNECTIONS}\r\n".encode())
        transport.close()


@dataclass(slots=True, kw_only=True)
class Listeners:
    """All sockets of the daemon, and the sessions that came in by them."""

    service: Service
    connections: int = 500
    addresses: list[str] = field(default_factory=list)
    _servers: list[asyncio.Server] = field(default_factory=list)
    _paths: list[Path] = field(default_factory=list)

    async def open(
        self, listen: Iterable[Listen], inherited: Mapping[str, Sequence[socket.socket]]
    ) -> None:
        """Open every listener; raises ``ListenError``, and then none is open."""
        # It writes commands with the addresses in them; our log says what there is to say.
        logging.getLogger("mail.log").setLevel(logging.ERROR)
        try:
            for one in listen:
                for listening in open_sockets(one.endpoint, inherited, one.mode):
                    await self._serve(listening, one)
        except BaseException:
            self.close()
            raise

    async def _serve(self, listening: socket.socket, listen: Listen) -> None:
        session = _SESSIONS[listen.protocol]
        server = await asyncio.get_running_loop().create_server(
            lambda: _Door(session, self.service, self.connections),
            sock=listening,
            backlog=BACKLOG,
        )
        self._servers.append(server)
        if isinstance(listen.endpoint, Unix):
            self._paths.append(Path(listen.endpoint.path))
        self.addresses.append(f"{listen.protocol} {shown(listening, listen.endpoint)}")

    def close(self) -> None:
        """Accept no more connections."""
        for server in self._servers:
            server.close()
        for path in self._paths:
            path.unlink(missing_ok=True)
        self._servers.clear()
        self._paths.clear()

    async def drain(self, seconds: float) -> bool:
        """Close, send idle clients away, let messages be finished; whether all of them were."""
        self.close()
        for connection in set(self.service.connections):
            connection.stop()
        work: set[asyncio.Task[Any]] = set(self.service.takings)
        work.update(one.dialogue for one in self.service.connections if one.dialogue)
        left = (await asyncio.wait(work, timeout=seconds))[1] if work else work
        for connection in set(self.service.connections):
            connection.leave(reply.STOPPING)
        return not left
