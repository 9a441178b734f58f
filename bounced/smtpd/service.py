"""What all connections share: the settings, the counts, the memory, the way of a message."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from ssl import SSLContext
from typing import Protocol

from bounced.config import Limits
from bounced.log import Log
from bounced.smtpd.clients import Clients
from bounced.smtpd.intake import Intake
from bounced.smtpd.memory import Memory
from bounced.smtpd.reply import Row
from bounced.smtpd.tallies import Tallies

_LARGE, _SMALL = 2**16, 2**12
_ROOM = 2**17  # beside one largest message: its envelope, and what was read too far


class Guest(Protocol):
    """A connection, as those see it who end all of them."""

    @property
    def busy(self) -> bool:
        """Whether it is with a message, from DATA to the reply."""

    def stop(self) -> None:
        """Send the client away now, or after the reply to the message that it is sending."""

    def leave(self, last: Row | None) -> None:
        """Say *last* and hang up."""


def _no_tls() -> SSLContext | None:
    return None


@dataclass(slots=True, kw_only=True)
class Service:
    """What all connections share.

    ``accepts`` says whether a forward path is one of ours, ``forged`` whether it only pretends to;
    ``tls`` returns what STARTTLS begins with, ``None`` where it is not offered.
    """

    hostname: str
    accepts: Callable[[str], bool]
    forged: Callable[[str], bool]
    intake: Intake
    log: Log
    limits: Limits = field(default_factory=Limits)
    tls: Callable[[], SSLContext | None] = _no_tls
    connections: set[Guest] = field(default_factory=set)
    takings: set[asyncio.Task[None]] = field(default_factory=set)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    clients: Clients = field(init=False)
    memory: Memory = field(init=False)
    tallies: Tallies = field(init=False)
    # All connections read into the same octets, one after the other; commands into a few of them.
    large: memoryview = field(init=False)
    small: memoryview = field(init=False)

    def __post_init__(self) -> None:
        """Begin to count."""
        limits = self.limits
        self.clients = Clients(
            connections=limits.connections_per_client,
            messages=limits.messages_per_client,
            exempt=limits.exempt,
        )
        self.memory = Memory(max(limits.memory, limits.message_size + _ROOM))
        self.tallies = Tallies(self.log)
        self.large = memoryview(bytearray(_LARGE))
        self.small = self.large[:_SMALL]

    @property
    def busy(self) -> bool:
        """Whether a message is being received or stored."""
        return bool(self.takings) or any(one.busy for one in self.connections)

    def gone(self, connection: Guest) -> None:
        """Forget a connection that has ended."""
        self.connections.discard(connection)
        self.calm()

    def taken(self, task: asyncio.Task[None]) -> None:
        """Forget a message that was stored, or was not."""
        self.takings.discard(task)
        self.calm()

    def calm(self) -> None:
        """Tell who waits that something has come to its end."""
        self.changed.set()

    async def wait(self, going_on: Callable[[], bool], seconds: float) -> bool:
        """Wait until nothing is *going_on*, for at most so many seconds; whether that came."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while going_on():
                    self.changed.clear()
                    await self.changed.wait()
        return not going_on()
