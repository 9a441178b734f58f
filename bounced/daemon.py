"""The daemon: everything built from the settings, then run until it is told to stop.

SIGTERM and SIGINT: nothing more is accepted, what was begun is finished, the writer is drained.
SIGHUP: the rule files, the keys and the tokens of the API are read again.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from bounced import child, lookup, systemd, telling, web
from bounced.address import matcher
from bounced.classify import RuleBook
from bounced.config import Config, rulebook
from bounced.config.ours import ours
from bounced.errors import ChildError, ConfigError, RuleError
from bounced.log import Log
from bounced.model import DEFAULT_STREAM, Trust
from bounced.outgoing import Outgoing
from bounced.parts import Part, Reloads
from bounced.reading import Readers, Task
from bounced.smtpd import PROTOCOLS, Certificate, Intake, Listeners, Service
from bounced.sockets import allow_connections
from bounced.store import Outbox, Store, Writer
from bounced.upkeep import Upkeep
from bounced.whose import Ours


def serve(config: Config, log: Log, environ: Mapping[str, str] = os.environ) -> None:
    """Run until a signal ends it; raises ``BouncedError`` where it can't begin."""
    tables = rulebook.tables(config.rules.files)
    known = ours(config, environ)
    certificate = Certificate(config.tls, environ)
    connections = allow_connections(config.limits.connections, config.http.connections)
    store = Store.open(
        config.store.url,
        policies=config.policies,
        raw_retention=config.store.raw_retention,
        free_space=config.store.free_space,
        outbox=Outbox.of(config),
    )
    with contextlib.closing(store):
        store.refuse_corrupt()
        writer = Writer(store)
        writer.start()
        daemon = Daemon(
            config=config,
            log=log,
            environ=environ,
            store=store,
            writer=writer,
            tables=tables,
            ours=known,
            certificate=certificate,
            connections=connections,
        )
        try:
            asyncio.run(daemon.run())
        finally:
            writer.stop()


@dataclass(slots=True, kw_only=True)
class Daemon:
    """One running daemon; its parts are open already, and closed by whoever opened them."""

    config: Config
    log: Log
    environ: Mapping[str, str]
    store: Store
    writer: Writer
    tables: Sequence[rulebook.Table]
    ours: Ours
    certificate: Certificate
    connections: int  # of SMTP and LMTP, as many as there are files for
    rules: RuleBook = field(init=False)
    readers: Readers = field(init=False)
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _reloads: Sequence[Reloads] = ()
    _why: str = ""

    async def run(self) -> None:
        """Listen, and return when all is finished after a signal; raises ``BouncedError``."""
        self.store.listener = functools.partial(telling.effects, self.log)
        self.readers = Readers(Task.of(self.config, self.tables, self.ours), self.log)
        intake = Intake(read=self.readers.read, writer=self.writer, log=self.log)
        listeners = self._listeners(intake)
        self._attend_to_signals()
        inherited = systemd.inherited(self.environ)
        mail = [one for one in self.config.listen if one.protocol in PROTOCOLS]
        await listeners.open(mail, inherited)
        parts = self._parts(inherited)
        self._reloads = [listeners, *(part for part in parts if isinstance(part, Reloads))]
        async with contextlib.AsyncExitStack() as opened:
            await _beside(
                self._compile(),
                opened.enter_async_context(self.readers),
                self._open(opened, parts),
            )
            child.settle()
            self._announce([*listeners.addresses, *(at for part in parts for at in part.addresses)])
            await self._attend()
            await self._wind_up(listeners)
        self.log.stopped(messages=intake.taken)

    def _parts(self, inherited: Mapping[str, Sequence[socket.socket]]) -> list[Part]:
        """Return what runs beside the reception of mail."""
        return [
            lookup.Service(self.config, self.log, inherited),
            Outgoing(config=self.config, store=self.store, log=self.log, environ=self.environ),
            web.Service(
                config=self.config,
                log=self.log,
                store=self.store,
                rules=lambda: self.rules,
                inherited=inherited,
                environ=self.environ,
            ),
        ]

    async def _attend(self) -> None:
        """Do what comes round again and again, until it is time to stop."""
        upkeep = Upkeep(config=self.config, store=self.store, log=self.log)
        for seconds, chore in upkeep.chores():
            self._keep_doing(seconds, functools.partial(asyncio.to_thread, chore))
        if limit := systemd.watchdog(self.environ):
            self._keep_doing(limit / 3, functools.partial(self._feed_watchdog, limit / 2))
        await self._stop.wait()

    async def _wind_up(self, listeners: Listeners) -> None:
        """Accept nothing more, and finish what was begun."""
        self.log.stopping(why=self._why)
        systemd.notify(self.environ, "STOPPING=1")
        await listeners.drain(self.config.limits.drain.total_seconds())
        # In a thread, because the commits that it waits for are told to this loop.
        await asyncio.to_thread(self.writer.stop)
        if takings := listeners.service.takings:
            await asyncio.wait(takings, timeout=1)  # their commits are done, they only have to log
        for task in self._tasks:
            task.cancel()

    async def _compile(self) -> None:
        self.rules = await asyncio.to_thread(rulebook.compiled, self.tables)

    async def _open(self, opened: contextlib.AsyncExitStack, parts: Sequence[Part]) -> None:
        for part in parts:
            await opened.enter_async_context(part)

    def _forged(self, path: str) -> bool:
        """Return whether to refuse a forward path, because its signature is wrong.

        Where unsigned reports count as well it is let in, and recorded as forged.
        """
        stream = self.ours.stream_of(path) or DEFAULT_STREAM
        if not self.config.policies.of(stream).signed_only:
            return False
        seal = self.ours.seal(path, datetime.now(UTC))
        return seal is not None and seal.trust is Trust.FORGED

    def _listeners(self, intake: Intake) -> Listeners:
        limits = self.config.limits
        if self.connections < limits.connections:
            self.log.connections_lowered(wanted=limits.connections, possible=self.connections)
        service = Service(
            hostname=self.config.hostname,
            accepts=matcher(self.config.accept),
            forged=self._forged,
            intake=intake,
            log=self.log,
            limits=limits,
            tls=lambda: self.certificate.context,
        )
        return Listeners(
            service=service, connections=self.connections, certificate=self.certificate
        )

    def _announce(self, addresses: list[str]) -> None:
        where = self.store.name
        with contextlib.suppress(OSError):  # nobody has to listen
            for line in (*(f"listening on {address}" for address in addresses), f"data in {where}"):
                print(line, flush=True)  # noqa: T201 - for the person who started it
        self.log.started(version=version("bounced"), listen=addresses, store=where)
        systemd.notify(self.environ, "READY=1", f"STATUS=listening on {', '.join(addresses)}")

    def _attend_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._on_failure)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, functools.partial(self._on_stop, number))
        loop.add_signal_handler(signal.SIGHUP, lambda: self._start(self._reload()))

    def _on_stop(self, number: signal.Signals) -> None:
        self._why = number.name
        self._stop.set()

    def _on_failure(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception") or RuntimeError(context["message"])
        self.log.failure(doing=context["message"], error=error)

    async def _reload(self) -> None:
        """Read the rules and the keys again; what is broken is logged, and the old ones stay."""
        tables, rules, known = self.tables, self.rules, self.ours
        try:
            tables = await asyncio.to_thread(rulebook.tables, self.config.rules.files)
            rules = await asyncio.to_thread(rulebook.compiled, tables)
        except RuleError as error:
            tables = self.tables
            self.log.failure(doing="reading the rules again", error=error)
        try:
            known = await asyncio.to_thread(ours, self.config, self.environ)
        except ConfigError as error:
            self.log.failure(doing="reading the keys again", error=error)
        try:
            await self.readers.reload(Task.of(self.config, tables, known))
        except ChildError as error:
            self.log.failure(doing="starting readers with the new rules and keys", error=error)
        else:
            self._tell_reloaded(tables, rules, known)
        for part in self._reloads:
            await part.reload()

    def _tell_reloaded(
        self, tables: Sequence[rulebook.Table], rules: RuleBook, known: Ours
    ) -> None:
        if rules is not self.rules:
            self.log.rules_reloaded(rules=len(rules.rules))
        if known is not self.ours:
            self.log.keys_reloaded(keys=[key.id for key in known.keys])
        self.tables, self.rules, self.ours = tables, rules, known

    async def _feed_watchdog(self, limit: float) -> None:
        """Say that we live: this loop, since it runs, and the writer, if no commit is overdue."""
        if self.writer.stalled < limit:
            systemd.notify(self.environ, "WATCHDOG=1")

    def _keep_doing(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        async def keep() -> None:
            while True:
                try:
                    await work()
                except Exception as error:  # noqa: BLE001 - the next time may go well
                    self.log.failure(doing="regular work", error=error)
                await asyncio.sleep(seconds)

        self._start(keep())

    def _start(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _beside(*work: Awaitable[object]) -> None:
    """Do all *work* at the same time, all of it to its end; then raise what the first raised."""
    for done in await asyncio.gather(*work, return_exceptions=True):
        if isinstance(done, BaseException):
            raise done
