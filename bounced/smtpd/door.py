"""A listening socket: lets clients in, or tells them at once that they are too many.

Its own loop around ``accept``, because that of ``asyncio`` spins and floods the log when there are
no more open files: here one file is kept in reserve, so that a client can be told so even then.
Who is refused never gets more of us than that one line.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
from collections.abc import Sequence
from ipaddress import ip_address, ip_network
from typing import Final

from bounced.smtpd import reply
from bounced.smtpd.connection import Connection
from bounced.smtpd.reply import Row
from bounced.smtpd.service import Service
from bounced.smtpd.session import Session

_BATCH = 64  # connections, then those that are inside have their turn
_PAUSE = 1.0  # seconds, when the system has nothing left for us
_NOBODY: Final = (BlockingIOError, InterruptedError, ConnectionAbortedError)
_NO_MORE_FILES: Final = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})


class Door:
    """Lets at most *limit* connections in, over all doors of one service."""

    def __init__(
        self,
        service: Service,
        session: type[Session],
        listening: socket.socket,
        *,
        limit: int,
        balancers: Sequence[str] = (),
    ) -> None:
        self._service = service
        self._session = session
        self._listening = listening
        self._limit = limit
        self._balancers = [ip_network(one) for one in balancers]
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._entering: set[asyncio.Task[None]] = set()
        self._spare: int | None = None

    def open(self) -> None:
        """Begin to accept."""
        self._listening.settimeout(0)
        self._reserve()
        self._watch()

    def close(self) -> None:
        """Accept no more."""
        if self._timer:
            self._timer.cancel()
        self._loop.remove_reader(self._listening)
        self._listening.close()
        self._let_go()

    def _watch(self) -> None:
        self._timer = None
        self._loop.add_reader(self._listening, self._accept)

    def _accept(self) -> None:
        with contextlib.suppress(*_NOBODY):
            for _ in range(_BATCH):
                if not self._take_one():
                    self._pause()
                    return

    def _take_one(self) -> bool:
        """Let one client in or turn it away; whether that could be done.

        Raises what accept does when nobody is there.
        """
        try:
            connection, address = self._listening.accept()
        except _NOBODY:
            raise
        except OSError as error:
            return error.errno in _NO_MORE_FILES and self._turn_away()
        self._let_in(connection, address)
        return True

    def _pause(self) -> None:
        """Wait for better times; the clients wait in the backlog."""
        self._loop.remove_reader(self._listening)
        self._timer = self._loop.call_later(_PAUSE, self._watch)
        self._service.tallies.limit(limit="open_files", peer="", reply=None)

    def _reserve(self) -> bool:
        with contextlib.suppress(OSError):
            self._spare = os.open(os.devnull, os.O_RDONLY)
        return self._spare is not None

    def _let_go(self) -> None:
        if self._spare is not None:
            os.close(self._spare)
            self._spare = None

    def _turn_away(self) -> bool:
        """Refuse one client with the file in reserve; whether that went well."""
        self._let_go()
        try:
            # Without a file to be had, the system says so even when nobody is there.
            connection, address = self._listening.accept()
            self._refuse(connection, _peer(address), "open_files", reply.TOO_MANY_CONNECTIONS)
        except _NOBODY:
            self._reserve()
            raise
        except OSError:
            self._reserve()
            return False
        return self._reserve()

    def _let_in(self, connection: socket.socket, address: object) -> None:
        service, peer = self._service, _peer(address)
        if len(service.connections) >= self._limit:
            self._refuse(connection, peer, "connections", reply.TOO_MANY_CONNECTIONS)
            return
        told = self._is_balancer(peer)
        network = None if told else service.clients.network(peer)
        if not service.clients.enter(network):
            limit = "connections_per_client"
            self._refuse(connection, peer, limit, reply.TOO_MANY_OF_CLIENT)
            return
        guest = Connection(service, self._session, peer=peer, network=network, told=told)
        service.connections.add(guest)
        task = self._loop.create_task(self._connect(guest, connection))
        self._entering.add(task)
        task.add_done_callback(self._entering.discard)

    async def _connect(self, guest: Connection, connection: socket.socket) -> None:
        connection.settimeout(0)
        try:
            await self._loop.connect_accepted_socket(lambda: guest, connection)
        except OSError:  # the client is gone already
            connection.close()
            guest.connection_lost(None)

    def _is_balancer(self, peer: str) -> bool:
        if not (self._balancers and peer):
            return False
        address = ip_address(peer)
        return any(address in network for network in self._balancers)

    def _refuse(self, connection: socket.socket, peer: str, limit: str, answer: Row) -> None:
        self._service.tallies.limit(limit=limit, peer=peer, reply=answer)
        connection.settimeout(0)
        with connection, contextlib.suppress(OSError):
            connection.send(f"{answer}\r\n".encode())


def _peer(address: object) -> str:
    """Return the client's IP address, ``""`` on a unix socket."""
    host = str(address[0]) if isinstance(address, tuple) and address else ""
    return host.removeprefix("::ffff:")
