"""What each command of SMTP and LMTP does.  RFC 5321, RFC 1870, RFC 2033, RFC 2034."""

from __future__ import annotations

import asyncio

from bounced.model import Envelope
from bounced.smtpd import paths, reply
from bounced.smtpd.connection import Connection
from bounced.smtpd.data import DataReader
from bounced.smtpd.reply import Row

_CHUNK = 2**18


class Session(Connection):
    """The server's side of one SMTP connection."""

    def _refused(self, command: str, answer: Row) -> Row:
        self.service.log.refused(peer=self.peer, command=command, reply=str(answer))
        return answer

    async def smtp_HELO(self, hostname: str | None) -> None:
        """Greet.  RFC 5321 §4.1.1.1."""
        await self._greet(hostname, extended=False)

    async def smtp_EHLO(self, hostname: str | None) -> None:
        """Greet, and say what is offered.  RFC 5321 §4.1.1.1."""
        await self._greet(hostname, extended=True)

    async def _greet(self, hostname: str | None, *, extended: bool) -> None:
        if not hostname or not self.session:
            await self.push(reply.SYNTAX)
            return
        self.reset()
        self.session.host_name = hostname
        self.session.extended_smtp = extended
        lines = [self.hostname]
        if extended:
            size = f"SIZE {self.service.message_size}"
            lines += ["PIPELINING", size, "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
        await super().push("".join(f"250-{line}\r\n" for line in lines[:-1]) + f"250 {lines[-1]}")

    async def smtp_NOOP(self, arg: str | None) -> None:
        """Do nothing.  RFC 5321 §4.1.1.9."""
        await self.push(reply.OK)

    async def smtp_RSET(self, arg: str | None) -> None:
        """Forget the envelope.  RFC 5321 §4.1.1.5."""
        self.reset()
        await self.push(reply.OK)

    async def smtp_QUIT(self, arg: str | None) -> None:
        """Say good-bye.  RFC 5321 §4.1.1.10."""
        self.leave(reply.BYE)

    async def _not_offered(self, arg: str | None) -> None:
        await self.push(reply.NOT_OFFERED)

    # AUTH is never offered: Microsoft 365 then sends AUTH=, others their passwords.
    smtp_AUTH = smtp_STARTTLS = smtp_HELP = smtp_VRFY = smtp_EXPN = _not_offered

    async def smtp_MAIL(self, arg: str | None) -> None:
        """Take the reverse path.  RFC 5321 §4.1.1.2, RFC 1870 §6.1."""
        assert self.session
        assert self.envelope
        path = paths.read(arg or "", "FROM")
        if not self.session.host_name:
            await self.push(reply.LHLO_FIRST if self.source == "lmtp" else reply.HELLO_FIRST)
        elif self.envelope.mail_from is not None:
            await self.push(reply.MAIL_TWICE)
        elif path is None:
            await self.push(self._refused("MAIL", reply.BAD_REVERSE_PATH))
        elif path.size > self.service.message_size:
            await self.push(self._refused("MAIL", reply.TOO_LARGE))
        else:
            self.envelope.mail_from = path.address
            await self.push(reply.REVERSE_PATH_OK)

    async def smtp_RCPT(self, arg: str | None) -> None:
        """Take one forward path, if it is one of ours.  RFC 5321 §4.1.1.3, §4.5.3.1.8."""
        assert self.envelope
        path = paths.read(arg or "", "TO")
        if self.envelope.mail_from is None:
            await self.push(reply.MAIL_FIRST)
        elif path is None or not path.address:
            await self.push(self._refused("RCPT", reply.BAD_FORWARD_PATH))
        elif refusal := self._refusal(path.address):
            log = self.service.log
            tell = log.forged_refused if refusal is reply.FORGED else log.recipient_refused
            tell(peer=self.peer, forward_path=path.address, reply=str(refusal))
            await self.push(refusal)
        elif len(self.envelope.rcpt_tos) >= self.service.recipients:
            await self.push(reply.TOO_MANY_RECIPIENTS)
        else:
            self.envelope.rcpt_tos.append(path.address)
            await self.push(reply.FORWARD_PATH_OK)

    def _refusal(self, forward_path: str) -> Row | None:
        if not self.service.accepts(forward_path):
            return reply.NOT_OURS
        return reply.FORGED if self.service.forged(forward_path) else None

    async def smtp_DATA(self, arg: str | None) -> None:
        """Take the message, store it and answer.  RFC 5321 §4.1.1.4."""
        assert self.envelope
        if not self.envelope.rcpt_tos:
            no_mail = self.envelope.mail_from is None
            await self.push(reply.MAIL_FIRST if no_mail else reply.RCPT_FIRST)
        elif arg:
            await self.push(reply.SYNTAX)
        else:
            await self._message()

    async def _message(self) -> None:
        assert self.envelope
        reverse_path, forward_paths = self.envelope.mail_from, tuple(self.envelope.rcpt_tos)
        self.reset()
        self.busy = True
        try:
            body = await self._receive()
            if body is None:
                answer = self._refused("DATA", reply.TOO_LARGE)
            else:
                envelope = Envelope(reverse_path=reverse_path, forward_paths=forward_paths)
                answer = await self._store(body, envelope)
            await self._answer(answer, len(forward_paths))
        finally:
            self.busy = False
        if self.stopping:
            self.leave(reply.STOPPING)

    async def _answer(self, answer: Row, recipients: int) -> None:
        """Reply to a message: in LMTP once for each of its recipients.  RFC 2033 §4.2."""
        for _ in range(recipients if self.source == "lmtp" else 1):
            await self.push(answer)

    async def _receive(self) -> bytes | None:
        """Read up to the end of the message; ``None`` when it is too large."""
        data = DataReader(self.service.message_size)
        self.receiving = True
        try:
            await self.push(reply.SEND_DATA)
            while not data.done:
                chunk = await self._reader.read(_CHUNK)
                data.feed(chunk)
                if not chunk or data.hopeless:
                    self.leave(reply.TOO_LARGE if chunk else reply.LOCAL_ERROR)
                    await asyncio.sleep(0)  # where the cancellation comes in
            self.unread(data.left)
        except Exception:
            # What is left of the message must never be taken for commands.
            self.leave(reply.LOCAL_ERROR)
            raise
        finally:
            self.receiving = False
            self.heard = self.loop.time()
            if not (data.done or data.hopeless):
                self.service.log.broken_off(peer=self.peer, octets=data.received)
        return None if data.too_large else data.take()

    async def _store(self, body: bytes, envelope: Envelope) -> Row:
        """Store one message; a client that leaves meanwhile changes nothing of it."""
        taking = self.service.intake.take(body, envelope, source=self.source, peer=self.peer)
        task = asyncio.ensure_future(taking)
        self.service.takings.add(task)
        task.add_done_callback(self.service.takings.discard)
        self.storing = True
        try:
            return await asyncio.shield(task)
        finally:
            self.storing = False
            self.heard = self.loop.time()


class LmtpSession(Session):
    """The server's side of one LMTP connection.  RFC 2033."""

    source = "lmtp"
    ident = "LMTP bounced"

    async def smtp_LHLO(self, hostname: str | None) -> None:
        """Greet, and say what is offered.  RFC 2033 §4.1."""
        await self._greet(hostname, extended=True)

    async def smtp_HELO(self, hostname: str | None) -> None:
        """Refuse: in LMTP it is LHLO.  RFC 2033 §4.1."""
        await self.push(reply.NO_SUCH_COMMAND)

    smtp_EHLO = smtp_HELO
