"""A server on a real socket, a client that speaks to it, and a store that does as it is told."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from bounced import log
from bounced.address import matcher
from bounced.config import Limits, Listen
from bounced.model import Envelope, Kind, Reading, Report
from bounced.smtpd import Certificate, Intake, Listeners, Service
from bounced.store import Incoming, Recorded


class Memory:
    """Keeps messages in a list; fails with ``error``, and waits while it is on ``hold``."""

    def __init__(self) -> None:
        self.messages: list[Incoming] = []
        self.error: BaseException | None = None
        self.hold = False
        self._waiting: list[Future[Recorded]] = []

    def submit(self, incoming: Incoming, /) -> Future[Recorded]:
        """Take one message."""
        future: Future[Recorded] = Future()
        future.set_running_or_notify_cancel()
        if self.error:
            future.set_exception(self.error)
            return future
        self.messages.append(incoming)
        self._waiting.append(future)
        if not self.hold:
            self.commit()
        return future

    def commit(self) -> None:
        """Commit what is waiting."""
        for future in self._waiting:
            future.set_result(Recorded(message_id=1, duplicate=False))
        self._waiting.clear()

    @property
    def bodies(self) -> list[bytes]:
        """The messages' bytes, in the order they came."""
        return [one.raw for one in self.messages]


class Client:
    """The sending side of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @property
    def transport(self) -> asyncio.Transport:
        """The connection below the streams."""
        assert isinstance(self.writer.transport, asyncio.Transport)
        return self.writer.transport

    async def reply(self) -> str:
        """Return the next reply, its lines joined; ``""`` at the end of the connection."""
        lines = []
        while line := (await asyncio.wait_for(self.reader.readline(), 10)).decode():
            lines.append(line.rstrip("\r\n"))
            if line[3:4] != "-":
                break
        return "\n".join(lines)

    async def rest(self) -> str:
        """Return all that comes until the server hangs up."""
        return (await asyncio.wait_for(self.reader.read(), 10)).decode()

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.writer.write(data)

    async def say(self, line: str | bytes) -> str:
        """Send one command and return its reply."""
        self.send((line if isinstance(line, bytes) else line.encode()) + b"\r\n")
        return await self.reply()

    async def greet(self, word: str = "EHLO") -> str:
        """Read the banner, say hello and return what is offered."""
        await self.reply()
        return await self.say(f"{word} mail.example.com")

    async def envelope(self, *forward_paths: str, reverse_path: str = "") -> list[str]:
        """Send MAIL and RCPT and return the replies."""
        replies = [await self.say(f"MAIL FROM:<{reverse_path}>")]
        paths = forward_paths or ("bounces@example.org",)
        return replies + [await self.say(f"RCPT TO:<{path}>") for path in paths]

    async def deliver(self, body: bytes = b"Subject: x\r\n\r\nx\r\n") -> str:
        """Deliver one message with an ordinary envelope and return the reply to it."""
        await self.envelope()
        await self.say("DATA")
        self.send(body + b".\r\n")
        return await self.reply()


def plain(raw: bytes, envelope: Envelope) -> Reading:
    """Read a message without looking at it."""
    return Reading(report=Report(kind=Kind.OTHER, source="test"))


@dataclass
class House:
    """A service with listeners, and what is needed to look at it from outside."""

    writer: Memory = field(default_factory=Memory)
    settings: dict[str, Any] = field(default_factory=dict)
    accept: tuple[str, ...] = ("*",)
    forged: Callable[[str], bool] = lambda _: False
    read: Callable[[bytes, Envelope], Reading] = plain
    protocol: str = "smtp"
    proxy: tuple[str, ...] = ()
    certificate: Certificate | None = None
    stream: io.StringIO = field(default_factory=io.StringIO)
    log: log.Log = field(init=False)
    listeners: Listeners = field(init=False)
    clients: list[Client] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Set the log up, into memory."""
        self.log = log.setup(format="json", stream=self.stream)

    def intake(self, **changed: Any) -> Intake:
        """Return the way of a message, with some steps *changed*."""

        async def read(raw: bytes, envelope: Envelope) -> tuple[Reading, str]:
            return self.read(raw, envelope), "0" * 64

        steps: dict[str, Any] = {
            "read": read,
            "writer": self.writer,
            "log": self.log,
        }
        return Intake(**steps | changed)

    @property
    def events(self) -> list[dict[str, Any]]:
        """What was logged."""
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def named(self, event: str) -> list[dict[str, Any]]:
        """Return the events of one name."""
        return [one for one in self.events if one["event"] == event]

    def limits(self) -> Limits:
        """Return the settings; here a length of time may be a part of a second."""
        changed = {
            name: timedelta(seconds=value) if isinstance(value, float) else value
            for name, value in self.settings.items()
        }
        return Limits().model_copy(update=changed)

    async def open(self) -> None:
        """Begin to listen."""
        service = Service(
            hostname="bounces.example.org",
            accepts=matcher(self.accept),
            forged=self.forged,
            intake=self.intake(),
            log=self.log,
            limits=self.limits(),
            tls=lambda: self.certificate.context if self.certificate else None,
        )
        self.listeners = Listeners(service=service, certificate=self.certificate)
        listen = Listen.model_validate(
            {"protocol": self.protocol, "address": "127.0.0.1:0", "proxy": self.proxy}
        )
        await self.listeners.open([listen], {})

    async def connect(self) -> Client:
        """Return a new connection; the banner has not been read."""
        _, port = self.listeners.addresses[0].rsplit(":", 1)
        client = Client(*await asyncio.open_connection("127.0.0.1", int(port)))
        self.clients.append(client)
        return client

    async def _run(self, conversation: Callable[[House], Awaitable[None]]) -> None:
        await self.open()
        try:
            await asyncio.wait_for(conversation(self), 30)
        finally:
            await self.listeners.drain(1)
            for client in self.clients:
                client.writer.close()

    def run(self, conversation: Callable[[House], Awaitable[None]]) -> None:
        """Open the house, hold the conversation, close it."""
        asyncio.run(self._run(conversation))


@pytest.fixture
def house() -> House:
    """Return a house that is still closed; change its settings, then ``run`` it."""
    return House()
