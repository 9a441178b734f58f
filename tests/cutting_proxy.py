"""A TCP proxy in front of a PostgreSQL that cuts a connection around one of its commits."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, Self

_COMMIT = b"COMMIT\0"
_STORES: Final = b"INSERT INTO messages"  # not the daemon's own chores


@dataclass
class CuttingProxy:
    """Forwards to 127.0.0.1:``target``; use it as a context manager, and ``cut`` when it is time.

    ``cut = "before"``: the COMMIT that stores the next message never reaches the server.
    ``cut = "after"``: it does, and the answer never reaches the client.  Then it forwards again.
    """

    target: int
    cut: Literal["", "before", "after"] = ""
    cuts: int = 0
    _server: socket.socket = field(
        default_factory=lambda: socket.create_server(("127.0.0.1", 0), backlog=50)
    )
    _open: list[socket.socket] = field(default_factory=list)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.getsockname()[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        for one in (self._server, *self._open):
            _close(one)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.target))
            self._open += [client, server]
            swallow = threading.Event()
            for work in (self._ask, self._answer):
                threading.Thread(target=work, args=(client, server, swallow), daemon=True).start()

    def _ask(self, client: socket.socket, server: socket.socket, swallow: threading.Event) -> None:
        stores = False
        for data in _received(client):
            stores = stores or _STORES in data
            if _COMMIT in data and stores and self.cut:
                self.cuts += 1
                cut, self.cut = self.cut, ""
                if cut == "before":
                    break
                swallow.set()
            stores = stores and _COMMIT not in data
            with contextlib.suppress(OSError):
                server.sendall(data)
        if not swallow.is_set():
            _close(client)
            _close(server)

    def _answer(
        self, client: socket.socket, server: socket.socket, swallow: threading.Event
    ) -> None:
        for data in _received(server):
            if swallow.is_set():
                break
            with contextlib.suppress(OSError):
                client.sendall(data)
        _close(client)
        _close(server)


def _received(one: socket.socket) -> Iterator[bytes]:
    with contextlib.suppress(OSError):
        while data := one.recv(65536):
            yield data


def _close(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
