"""Listeners: open their sockets, give each connection a session, close them in good order."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from bounced.config import Listen, Unix
from bounced.errors import ConfigError
from bounced.smtpd import reply
from bounced.smtpd.door import Door
from bounced.smtpd.service import Service
from bounced.smtpd.session import SESSIONS
from bounced.smtpd.tls import Certificate
from bounced.sockets import open_sockets, shown

PROTOCOLS: Final = frozenset(SESSIONS)
_PARTING = 1.5  # seconds for the last words


@dataclass(slots=True, kw_only=True)
class Listeners:
    """All sockets of the daemon, and the connections that came in by them."""

    service: Service
    connections: int | None = None  # where the system allows fewer than the settings
    certificate: Certificate | None = None
    addresses: list[str] = field(default_factory=list)
    _doors: list[Door] = field(default_factory=list)
    _paths: list[Path] = field(default_factory=list)

    async def open(
        self, listen: Iterable[Listen], inherited: Mapping[str, Sequence[socket.socket]]
    ) -> None:
        """Open every listener; raises ``ListenError``, and then none is open."""
        try:
            for one in listen:
                for listening in open_sockets(one.endpoint, inherited, one.mode):
                    self._serve(listening, one)
        except BaseException:
            self.close()
            raise

    def _serve(self, listening: socket.socket, listen: Listen) -> None:
        door = Door(
            self.service,
            SESSIONS[listen.protocol],
            listening,
            limit=self.connections or self.service.limits.connections,
            balancers=listen.proxy,
        )
        door.open()
        self._doors.append(door)
        if isinstance(listen.endpoint, Unix):
            self._paths.append(Path(listen.endpoint.path))
        self.addresses.append(f"{listen.protocol} {shown(listening, listen.endpoint)}")

    def close(self) -> None:
        """Accept no more connections."""
        for door in self._doors:
            door.close()
        for path in self._paths:
            path.unlink(missing_ok=True)
        self._doors.clear()
        self._paths.clear()

    async def drain(self, seconds: float) -> bool:
        """Close, send idle clients away, let messages be finished; whether all of them were."""
        self.close()
        service = self.service
        for connection in set(service.connections):
            connection.stop()
        finished = await service.wait(lambda: service.busy, seconds)
        for connection in set(service.connections):
            connection.leave(reply.STOPPING)
        await service.wait(lambda: bool(service.connections), _PARTING)
        return finished

    async def reload(self) -> None:
        """Read the certificate again; a broken one is logged, and the old one stays."""
        if self.certificate is None:
            return
        try:
            await asyncio.to_thread(self.certificate.reload)
        except ConfigError as error:
            self.service.log.failure(doing="reading the certificate again", error=error)
        else:
            self.service.log.certificate_reloaded()
