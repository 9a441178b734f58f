"""The HTTP API as a part of the daemon; without a listener for it, it costs nothing."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from bounced.classify import RuleBook
from bounced.config import Config, Unix
from bounced.errors import ConfigError
from bounced.log import Log
from bounced.sockets import open_sockets, shown
from bounced.store import Store
from bounced.web import tokens

if TYPE_CHECKING:
    from bounced.web.server import Server

PROTOCOL: Final = "http"
_THREADS: Final = 4  # for the database; more would only wait for each other


@dataclass(slots=True, kw_only=True)
class Service:
    """The listeners with ``protocol = "http"``; ``rules`` returns those in force."""

    config: Config
    log: Log
    store: Store
    rules: Callable[[], RuleBook]
    inherited: Mapping[str, Sequence[socket.socket]]
    environ: Mapping[str, str]
    addresses: list[str] = field(default_factory=list)
    _tokens: tokens.Tokens = field(default_factory=lambda: tokens.Tokens(()))
    _stopping: threading.Event = field(default_factory=threading.Event)
    _ending: contextlib.AsyncExitStack = field(default_factory=contextlib.AsyncExitStack)

    async def __aenter__(self) -> Self:
        """Listen; raises ConfigError without tokens or FastAPI, ListenError without a socket."""
        if any(one.protocol == PROTOCOL for one in self.config.listen):
            self._load()
            async with contextlib.AsyncExitStack() as opened:
                await self._serve(opened)
                self._ending = opened.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Accept no more, answer what was asked, end."""
        self._stopping.set()
        await self._ending.aclose()

    async def reload(self) -> None:
        """Read the tokens again; a broken file is logged, and the old ones stay."""
        if not self.addresses:
            return
        try:
            await asyncio.to_thread(self._load)
        except ConfigError as error:
            self.log.failure(doing="reading the tokens again", error=error)
        else:
            self.log.tokens_reloaded(tokens=len(self._tokens))

    def _load(self) -> None:
        self._tokens = tokens.load(self.config.http.token_file(self.environ))

    async def _serve(self, opened: contextlib.AsyncExitStack) -> None:
        server = self._server(opened)
        sockets = [*self._sockets(opened)]
        serving = asyncio.create_task(server.serve(sockets))
        opened.push_async_callback(_stop, server, serving)
        while not server.started and not serving.done():  # noqa: ASYNC110 -- it has no event
            await asyncio.sleep(0.01)
        if serving.done():
            await serving  # it says why

    def _server(self, opened: contextlib.AsyncExitStack) -> Server:
        try:
            from bounced.web import app, guard, importing, routes, server  # noqa: PLC0415 -- only where it is wanted
        except ModuleNotFoundError as error:
            msg = (
                f"a listener for HTTP needs {error.name}, which is not installed: "
                "pip install 'bounced[http]'"
            )
            raise ConfigError(msg) from error
        http = self.config.http
        timeout = http.timeout.total_seconds()
        imports = importing.Imports(
            store=self.store,
            rules=self.rules,
            pool=opened.enter_context(_pool(1)),
            stopping=self._stopping,
        )
        operations = routes.Operations(
            store=self.store,
            rules=self.rules,
            pool=opened.enter_context(_pool(_THREADS)),
            imports=imports,
        )
        guarded = guard.Guard(
            app=app.create(operations, self.log),
            tokens=lambda: self._tokens,
            log=self.log,
            body_size=http.body_size,
            import_size=http.import_size,
            timeout=timeout,
        )
        return server.server(
            guarded,
            connections=http.connections,
            timeout=timeout,
            drain=self.config.limits.drain.total_seconds(),
        )

    def _sockets(self, opened: contextlib.AsyncExitStack) -> list[socket.socket]:
        found = []
        for one in self.config.listen:
            if one.protocol != PROTOCOL:
                continue
            for listening in open_sockets(one.endpoint, self.inherited, one.mode):
                opened.enter_context(listening)
                found.append(listening)
                self.addresses.append(f"{PROTOCOL} {shown(listening, one.endpoint)}")
            if isinstance(one.endpoint, Unix):
                opened.callback(Path(one.endpoint.path).unlink, missing_ok=True)
        return found


def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, "http")


async def _stop(server: Server, serving: asyncio.Task[None]) -> None:
    server.should_exit = True
    await serving
