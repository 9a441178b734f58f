"""One connection: its commands, its messages, its limits, its silence.  RFC 5321 §4.2, §4.5.3.2.

No exception and no text of a client ever reaches a reply; whatever goes wrong on our side is a 4xx
and leaves the session usable.  A silence is counted from the client's last sign of life, and never
against our own work.
"""

from __future__ import annotations

import asyncio

from bounced.model import Envelope
from bounced.smtpd import proxy, reply
from bounced.smtpd.clients import Network
from bounced.smtpd.data import DataReader
from bounced.smtpd.patience import Patience
from bounced.smtpd.reply import Row
from bounced.smtpd.service import Service
from bounced.smtpd.session import Session
from bounced.smtpd.wire import Wire

_ENDLESS = 2**20  # octets without the end of a line
_RETRY = 1.0  # seconds until we look again whether our own work is done


class Connection(Wire):
    """The server's side of one connection, for a client that was let in as one of *network*.

    With *told* it is a balancer's, which first has to say who the client is.
    """

    __slots__ = (
        "_commands", "_data", "_envelope", "_errors", "_network", "_patience", "_searched",
        "_session", "_stopping", "_storing", "_told",
    )  # fmt: skip

    def __init__(
        self,
        service: Service,
        session: type[Session],
        *,
        peer: str,
        network: Network | None,
        told: bool = False,
    ) -> None:
        super().__init__(service, peer)
        self._session = session(service, peer)
        self._network = network
        self._told = told
        self._searched = 0  # octets of the buffer that hold no end of a line
        self._data: DataReader | None = None
        self._envelope = Envelope()
        self._storing = False  # the silence is ours
        self._stopping = False
        self._commands = 0
        self._errors = 0
        limits = service.limits
        self._patience = Patience(limits.idle, limits.session, limits.data_rate, self._loop.time())

    @property
    def busy(self) -> bool:
        """Whether it is with a message, from DATA to the reply."""
        return self._storing or self._data is not None

    @property
    def _speaking(self) -> bool:
        return super()._speaking or self._data is not None

    @property
    def _waiting(self) -> bool:
        return self._storing

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; the connection is known to the service already."""
        super().connection_made(transport)
        self._timer = self._loop.call_at(self._patience.until(receiving=False), self._tick)
        if not self._told:
            self._say(self._session.banner)
            self._flush()

    def connection_lost(self, error: Exception | None) -> None:
        """End; a message that is being stored goes on to its commit."""
        self._break_off()
        super().connection_lost(error)
        self._service.clients.leave(self._network)
        self._service.gone(self)

    def stop(self) -> None:
        """Send the client away now, or after the reply to the message that it is sending."""
        self._stopping = True
        if not self.busy:
            self.leave(reply.STOPPING)

    def leave(self, last: Row | None) -> None:
        """Say *last* and hang up; a message that has not come to its end is forgotten."""
        super().leave(last)
        self._break_off()

    def drop(self) -> None:
        """Let go of the message that is being received; the memory is needed."""
        if self._data:
            self._data.drop()

    def _step(self) -> bool:
        if self._told:
            return self._introduced()
        return self._received(self._data) if self._data else self._commanded()

    def _begin_session(self, *, encrypted: bool = False) -> None:
        self._session = type(self._session)(self._service, self.peer, encrypted=encrypted)
        self._searched = 0

    def _introduced(self) -> bool:
        """Read who the client is, from the balancer."""
        try:
            header = proxy.read(bytes(self._buffer))
        except proxy.NotProxyError:
            why = bytes(self._buffer[:40]).decode("ascii", "backslashreplace")
            self._service.tallies.not_understood(protocol="proxy", peer=self.peer, why=why)
            self.leave(None)
            return False
        if header is None:
            return False
        del self._buffer[: header.length]
        self._told = False
        self.peer = header.client or self.peer
        network = self._service.clients.network(header.client)
        if not self._service.clients.enter(network):
            self._over("connections_per_client", reply.TOO_MANY_OF_CLIENT)
            return False
        self._network = network
        self._begin_session()
        self._say(self._session.banner)
        return True

    # Commands.

    def _commanded(self) -> bool:
        """Answer one command, if one has come."""
        end = self._buffer.find(b"\n", self._searched)
        if end < 0:
            self._wait_for_line()
            return False
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        self._searched = self._wasted = 0
        self._patience.hear(self._loop.time())
        self._answer(self._reply_to(line))
        return True

    def _wait_for_line(self) -> None:
        """Keep no more of a line than shows that it is too long."""
        limit = self._service.limits.command_length + 2  # a CR may be the last of them
        if len(self._buffer) > limit:
            self._wasted += len(self._buffer) - limit
            del self._buffer[limit:]
            if self._wasted > _ENDLESS:
                self._over("command_length", reply.ENDLESS_LINE)
        self._searched = len(self._buffer)

    def _reply_to(self, line: bytes) -> Row:
        try:
            return self._session.command(line.removesuffix(b"\r"))
        except Exception as error:  # noqa: BLE001 - whatever it was, it is not the client's fault
            self._service.log.failure(doing="a command", error=error)
            self._session.reset()
            return reply.for_error(error)

    def _answer(self, answer: Row) -> None:
        """Say it, do what it says, and count."""
        context = self._service.tls() if answer is reply.READY_FOR_TLS else None
        if answer is reply.BYE:
            self.leave(answer)
        elif answer is reply.SEND_DATA:
            self._begin()
        else:
            self._say(answer)
            self._errors += answer.permanent and answer not in reply.NOT_FOR_US
        if context:
            self._encrypt(context)
            self._begin_session(encrypted=True)
        # Recipients have a limit of their own.
        self._commands += answer is not reply.FORWARD_PATH_OK
        if self._errors >= self._service.limits.errors:
            self._over("errors", reply.TOO_MANY_ERRORS)
        elif self._commands >= self._service.limits.commands and not self._data:
            self._over("commands", reply.TOO_MANY_COMMANDS)

    # One message.

    def _begin(self) -> None:
        """Ask for the message, if this client may send one more and there is room for it."""
        service = self._service
        if not service.clients.message(self._network, self._loop.time()):
            self._over("messages_per_client", reply.TOO_MANY_MESSAGES)
        elif service.memory.full:
            self._session.reset()
            self._say(reply.FULL)
        else:
            self._envelope = self._session.envelope()
            self._data = DataReader(service.limits.message_size)
            self._say(reply.SEND_DATA)

    def _received(self, data: DataReader) -> bool:
        """Take what has come of the message; whether it was all of it."""
        chunk = bytes(self._buffer)
        if not chunk:
            return False
        self._buffer.clear()
        try:
            data.feed(chunk)
        except Exception as error:  # noqa: BLE001 - what is left is never to be taken for commands
            self._service.log.failure(doing="receiving a message", error=error)
            self.leave(reply.BROKEN)
            return False
        self._patience.receive(len(chunk), self._loop.time())
        self._service.memory.hold(self, data.held)
        if data.done:
            self._finish(data)
        elif data.hopeless:
            self._over("message_size", reply.NEVER_ENDS)
        return data.done

    def _finish(self, data: DataReader) -> None:
        """Store the message that has come, or say why not."""
        self._data = None
        self._buffer += data.left
        self._patience.hear(self._loop.time())
        if data.dropped:
            self._service.memory.release(self)
            answer = reply.TOO_LARGE if data.too_large else reply.FULL
            self._service.log.refused(peer=self.peer, command="DATA", reply=str(answer))
            self._errors += answer.permanent
            self._done(answer)
            return
        self._storing = True
        task = self._loop.create_task(self._store(data.take(), self._envelope))
        self._service.takings.add(task)
        task.add_done_callback(self._service.taken)

    async def _store(self, body: bytes, envelope: Envelope) -> None:
        """Store one message; a client that leaves meanwhile changes nothing of it."""
        octets = self._service.memory.keep(self)
        source = self._session.source
        try:
            answer = await self._service.intake.take(body, envelope, source=source, peer=self.peer)
        finally:
            self._storing = False
            self._service.memory.give_back(octets)
        if not answer.temporary:
            self._commands = self._errors = 0
        self._patience.hear(self._loop.time())
        self._done(answer)
        self._work()

    def _done(self, answer: Row) -> None:
        """Reply to a message: in LMTP once for each of its recipients.  RFC 2033 §4.2."""
        lmtp = self._session.source == "lmtp"
        for _ in range(len(self._envelope.forward_paths) if lmtp else 1):
            self._say(answer)
        self._envelope = Envelope()
        if self._stopping:
            self.leave(reply.STOPPING)
        elif self._patience.over(self._loop.time()):
            self._over("session", reply.SESSION_OVER)

    def _break_off(self) -> None:
        """Forget a message whose end has not come; the client has it still."""
        if self._data:
            self._service.tallies.broken_off(peer=self.peer, octets=self._data.received)
            self._service.memory.release(self)
            self._data = None
            self._service.calm()

    # Limits.

    def _over(self, limit: str, answer: Row) -> None:
        """Send a client away that has reached a limit, named as its setting is."""
        if not self._leaving:
            self._service.tallies.limit(limit=limit, peer=self.peer, reply=answer)
            self.leave(answer)

    def _tick(self) -> None:
        """Send a client away whose time is over; our own work is never interrupted."""
        now, receiving = self._loop.time(), self._data is not None
        until = self._patience.until(receiving=receiving)
        if self._storing or now < until:
            again = max(until, now + _RETRY) if self._storing else until
            self._timer = self._loop.call_at(again, self._tick)
        else:
            self._over(*self._patience.why(now, receiving=receiving))
