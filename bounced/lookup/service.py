"""The daemon's side: open the sockets, start the process that answers on them, and keep it alive.

The sockets stay open here, so that a client waits while the process is started again instead of
being refused.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Self

from bounced import child
from bounced.config import Config, Listen, Unix
from bounced.errors import ChildError
from bounced.log import Log
from bounced.sockets import open_sockets, shown

PROTOCOLS: Final = frozenset({"socketmap", "policy"})

_PAUSES: Final = (0.0, 1.0, 5.0)  # before it is started again; the last one for as long as it takes
_SETTLED: Final = 60.0  # seconds after which an end is no consequence of the last start


class Service:
    """Socketmap and policy listeners, while it is entered."""

    def __init__(
        self, config: Config, log: Log, inherited: Mapping[str, Sequence[socket.socket]]
    ) -> None:
        self.addresses: list[str] = []
        self._config = config
        self._log = log
        self._inherited = inherited
        self._sockets: list[tuple[str, socket.socket]] = []
        self._paths: list[Path] = []
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Listen, and return when questions are answered; raises ``BouncedError``."""
        try:
            for one in self._config.listen:
                if one.protocol in PROTOCOLS:
                    self._open(one)
            if self._sockets:
                self._process = await self._start()
                self._keeper = asyncio.create_task(self._keep())
        except BaseException:
            await self._end()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        """End the process, and listen no more."""
        await self._end()

    def _open(self, listen: Listen) -> None:
        for listening in open_sockets(listen.endpoint, self._inherited, listen.mode):
            self._sockets.append((listen.protocol, listening))
            self.addresses.append(f"{listen.protocol} {shown(listening, listen.endpoint)}")
        if isinstance(listen.endpoint, Unix):
            self._paths.append(Path(listen.endpoint.path))

    async def _start(self) -> asyncio.subprocess.Process:
        process, _ = await child.start(
            "bounced.lookup",
            self._settings(),
            fds=[listening.fileno() for _, listening in self._sockets],
            does="answers look-ups",
        )
        return process

    def _settings(self) -> dict[str, Any]:
        """Return all that the process needs, so that it reads no settings of its own."""
        config = self._config
        return {
            "url": config.store.url,
            "listen": [(protocol, listening.fileno()) for protocol, listening in self._sockets],
            "connections": config.limits.connections,
            "streams": {name: one.addresses for name, one in config.streams.items()},
            "log": config.log.model_dump(),
            "answers": {
                "defer_paused": config.postfix.paused == "defer",
                "accept_on_error": config.postfix.on_error == "accept",
            },
        }

    async def _keep(self) -> None:
        """Start it again whenever it ends."""
        loop = asyncio.get_running_loop()
        tries, started = 0, loop.time()
        while True:
            if self._process is not None:
                code = await self._process.wait()
                self._log.lookup_ended(code=code)
                tries = 0 if loop.time() - started > _SETTLED else tries
            await asyncio.sleep(_PAUSES[min(tries, len(_PAUSES) - 1)])
            tries, started = tries + 1, loop.time()
            try:
                self._process = await self._start()
            except (OSError, ChildError) as error:
                self._process = None
                self._log.failure(doing="starting the look-ups again", error=error)

    async def _end(self) -> None:
        if self._keeper:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        if self._process:
            await child.finish(self._process)
        for _, listening in self._sockets:
            listening.close()
        for path in self._paths:
            path.unlink(missing_ok=True)
