"""One connection: its life, its silence, its replies.  RFC 5321 §4.2, §4.5.3.2.

Below it is aiosmtpd, which splits the commands and calls a method for each.  No exception and no
text of a client ever reaches a reply; whatever goes wrong on our side is a 4xx and leaves the
session usable.  A silence is counted from the client's last sign of life, and never against our own
work.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from aiosmtpd import smtp

from bounced.log import Log
from bounced.smtpd import reply
from bounced.smtpd.intake import Intake
from bounced.smtpd.reply import Row

# A mail address may take 254 octets, ORCPT 500 (RFC 3461 §4.2), AUTH 500 and ENVID 100 beside it.
_COMMAND = 4096
_IDLERS = ("NOOP", "EHLO", "HELO", "LHLO", "HELP", "VRFY", "EXPN", "AUTH", "STARTTLS")
# How often in one connection; the first ones deliver nothing and hold a place.
_CALLS: Final = {"*": 10**6, **dict.fromkeys(_IDLERS, 100)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What all connections share; ``message_size`` in octets, ``idle`` in seconds.

    ``accepts`` says whether a forward path is one of ours, ``forged`` whether it only pretends to.
    """

    hostname: str
    accepts: Callable[[str], bool]
    forged: Callable[[str], bool]
    intake: Intake
    log: Log
    message_size: int = 50 * 2**20
    recipients: int = 100
    idle: float = 300.0
    connections: set[Connection] = field(default_factory=set)
    takings: set[asyncio.Task[Row]] = field(default_factory=set)


def peer_of(transport: asyncio.BaseTransport) -> str:
    """Return the client's IP address, ``""`` on a unix socket."""
    name = transport.get_extra_info("peername")
    return str(name[0]).removeprefix("::ffff:") if isinstance(name, tuple) else ""


class Connection(smtp.SMTP):
    """The server's side of one connection."""

    command_size_limit = _COMMAND
    line_length_limit = 2**16  # of the buffer; DATA has no limit of its own for a line
    source = "smtp"
    ident = "ESMTP bounced"

    def __init__(self, service: Service, loop: asyncio.AbstractEventLoop) -> None:
        # aiosmtpd has one such table for all connections, and clears it for each new one.
        self.command_size_limits = defaultdict(lambda: _COMMAND)
        super().__init__(
            None,
            data_size_limit=service.message_size,
            enable_SMTPUTF8=True,
            hostname=service.hostname,
            ident=self.ident,
            timeout=service.idle,
            command_call_limit=_CALLS,
            loop=loop,
        )
        self.service = service
        self.peer = ""
        self.heard = 0.0
        self.stopping = False
        self.receiving = False  # bytes are a sign of life only inside a message
        self.storing = False  # the silence is ours
        self.busy = False  # with a message, from DATA to the reply

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; the session is known to the service from here on."""
        self.service.connections.add(self)
        self.peer = peer_of(transport)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """End; a message that is being stored goes on to its commit."""
        self.service.connections.discard(self)
        super().connection_lost(error)

    def data_received(self, data: bytes) -> None:
        """Take bytes; those of a message count as a sign of life."""
        if self.receiving:
            self.heard = self.loop.time()
        super().data_received(data)

    def eof_received(self) -> bool | None:
        """Note that the client says no more; what it has said is still answered."""
        return asyncio.StreamReaderProtocol.eof_received(self)

    def stop(self) -> None:
        """Send the client away now, or after the reply to the message that it is sending."""
        self.stopping = True
        if not self.busy:
            self.leave(reply.STOPPING)

    def leave(self, last: Row) -> None:
        """Say *last* and hang up, at once if the client does not read what it is told."""
        transport = self.transport
        if isinstance(transport, asyncio.WriteTransport) and not transport.is_closing():
            transport.write(f"{last}\r\n".encode())
            if transport.get_write_buffer_size():
                transport.abort()
            else:
                transport.close()
        if self._handler_coroutine:
            self._handler_coroutine.cancel()

    def _reset_timeout(self, duration: float | None = None) -> None:  # noqa: ARG002 - aiosmtpd's
        self.heard = self.loop.time()
        if self._timeout_handle is None:
            self._wait(self.service.idle)

    def _wait(self, seconds: float) -> None:
        self._timeout_handle = self.loop.call_later(seconds, self._timeout_cb)

    def _timeout_cb(self) -> None:
        """Hang up after a silence of the client's; our own work is never interrupted."""
        left = self.service.idle - (self.loop.time() - self.heard)
        if self.storing:
            self._wait(self.service.idle)
        elif left > 0:
            self._wait(left)
        else:
            self.leave(reply.IDLE)

    async def push(self, status: Any) -> None:
        """Send one reply; aiosmtpd's own ones are replaced by the table's."""
        if isinstance(status, Row):
            await super().push(str(status))
        elif isinstance(status, str) and status.startswith("500"):
            long = status.startswith("500 Command line too long")
            await self.push(reply.LINE_TOO_LONG if long else reply.NO_SUCH_COMMAND)
        elif status is not None:
            await super().push(status)

    async def handle_exception(self, error: Exception) -> str:
        """Answer 451 to whatever it was, and make the session ready for the next message."""
        gone = isinstance(error, EOFError | ConnectionError)
        if not gone:
            self.service.log.failure(doing="a command", error=error)
        if gone or self.transport is None or self.transport.is_closing():
            self._writer.close()
            raise asyncio.CancelledError from error
        self.reset()
        return str(reply.for_error(error))

    def reset(self) -> None:
        """Forget the envelope."""
        self._set_rset_state()  # type: ignore[no-untyped-call]

    @property
    def dialogue(self) -> asyncio.Task[None] | None:
        """The task that talks to the client; it ends with the connection."""
        return self._handler_coroutine

    def unread(self, data: bytes) -> None:
        """Put back what was read too far, in front of what has come since."""
        self._reader._buffer[:0] = data  # type: ignore[attr-defined]  # noqa: SLF001 - asyncio has no way to do it

    async def _handle_client(self) -> None:
        with contextlib.suppress(ConnectionError):
            await super()._handle_client()
