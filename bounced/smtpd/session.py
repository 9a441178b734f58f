"""What each command of SMTP and LMTP does.  RFC 5321, RFC 1870, RFC 2033, RFC 2034, RFC 3207.

Sans-IO: a line in, a reply out.  Three replies say to the connection that something begins or ends:
``SEND_DATA``, ``READY_FOR_TLS`` and ``BYE``.  Nothing that a client says is ever executed, looked
up or sent on: an address is accepted because the settings have it, or refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from bounced.model import Envelope
from bounced.smtpd import paths, reply
from bounced.smtpd.reply import Row
from bounced.smtpd.service import Service

Answer = Callable[["Session", str], Row]


class Session:
    """One SMTP client's dialogue."""

    source = "smtp"
    ident = "ESMTP bounced"
    hello_first = reply.HELLO_FIRST

    __slots__ = ("_encrypted", "_forward", "_greeted", "_peer", "_reverse", "_service")

    def __init__(self, service: Service, peer: str, *, encrypted: bool = False) -> None:
        self._service = service
        self._peer = peer
        self._encrypted = encrypted
        self._greeted = False
        self._reverse: paths.Path | None = None
        self._forward: list[paths.Path] = []

    @property
    def banner(self) -> Row:
        """The first words."""
        return Row(220, "", f"{self._service.hostname} {self.ident}")

    @property
    def recipients(self) -> int:
        """How many recipients have been accepted."""
        return len(self._forward)

    def command(self, line: bytes) -> Row:
        """Return the reply to one line; a line without its end."""
        if len(line) > self._service.limits.command_length:
            return reply.LINE_TOO_LONG
        word, _, rest = line.partition(b" ")
        method = self.commands.get(word.upper())
        if method is None:
            return reply.NO_SUCH_COMMAND
        # What is no UTF-8 is refused where an address is read; nothing else is kept.
        return method(self, rest.strip().decode("utf-8", "surrogateescape"))

    def reset(self) -> None:
        """Forget the envelope."""
        self._reverse = None
        self._forward = []

    def envelope(self) -> Envelope:
        """Return the envelope and begin with an empty one."""
        reverse, forward = self._reverse, self._forward
        self.reset()
        return Envelope(
            reverse_path=reverse.address if reverse else None,
            forward_paths=tuple(path.address for path in forward),
            parameters=reverse.words if reverse else "",
            forward_parameters=tuple(path.words for path in forward),
        )

    def _refused(self, command: str, answer: Row) -> Row:
        self._service.log.refused(peer=self._peer, command=command, reply=str(answer))
        return answer

    def _helo(self, name: str) -> Row:
        return self._greet(name, [])

    def _ehlo(self, name: str) -> Row:
        """Greet, and say what is offered.  RFC 5321 §4.1.1.1, RFC 2033 §4.1."""
        size = f"SIZE {self._service.limits.message_size}"
        offers = ["PIPELINING", size, "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
        if self._service.tls() and not self._encrypted:
            offers.append("STARTTLS")
        return self._greet(name, offers)

    def _greet(self, name: str, offers: list[str]) -> Row:
        if not name:
            return reply.SYNTAX
        self.reset()
        self._greeted = True
        return Row(250, "", "\n".join([self._service.hostname, *offers]))

    def _noop(self, _: str) -> Row:
        return reply.OK

    def _rset(self, _: str) -> Row:
        self.reset()
        return reply.OK

    def _quit(self, _: str) -> Row:
        return reply.BYE

    def _not_offered(self, _: str) -> Row:
        """Refuse.  AUTH is never offered: Microsoft 365 then sends AUTH=, others passwords."""
        return reply.NOT_OFFERED

    def _not_verified(self, _: str) -> Row:
        """Tell nothing about an address.  RFC 5321 §7.3 wants 252 of who tells nothing."""
        return reply.NOT_VERIFIED

    def _starttls(self, argument: str) -> Row:
        """Begin to encrypt; the connection then begins with an empty dialogue.  RFC 3207 §4."""
        if self._encrypted:
            return reply.TLS_TWICE
        if not self._service.tls():
            return reply.NOT_OFFERED
        return reply.SYNTAX if argument else reply.READY_FOR_TLS

    def _mail(self, argument: str) -> Row:
        """Take the reverse path.  RFC 5321 §4.1.1.2, RFC 1870 §6.1."""
        path = paths.read(argument, "FROM")
        if not self._greeted:
            return self.hello_first
        if self._reverse is not None:
            return reply.MAIL_TWICE
        if path is None:
            return self._refused("MAIL", reply.BAD_REVERSE_PATH)
        if path.size > self._service.limits.message_size:
            return self._refused("MAIL", reply.TOO_LARGE)
        self._reverse = path
        return reply.REVERSE_PATH_OK

    def _rcpt(self, argument: str) -> Row:
        """Take one forward path, if it is one of ours.  RFC 5321 §4.1.1.3, §4.5.3.1.8."""
        path = paths.read(argument, "TO")
        if self._reverse is None:
            return reply.MAIL_FIRST
        if path is None or not path.address:
            return self._refused("RCPT", reply.BAD_FORWARD_PATH)
        if refusal := self._refusal(path.address):
            log = self._service.log
            tell = log.forged_refused if refusal is reply.FORGED else log.recipient_refused
            tell(peer=self._peer, forward_path=path.address, reply=str(refusal))
            return refusal
        if len(self._forward) >= self._service.limits.recipients:
            return reply.TOO_MANY_RECIPIENTS
        self._forward.append(path)
        return reply.FORWARD_PATH_OK

    def _refusal(self, forward_path: str) -> Row | None:
        if not self._service.accepts(forward_path):
            return reply.NOT_OURS
        return reply.FORGED if self._service.forged(forward_path) else None

    def _data(self, argument: str) -> Row:
        """Ask for the message, or say what is missing.  RFC 5321 §4.1.1.4."""
        if not self._forward:
            return reply.MAIL_FIRST if self._reverse is None else reply.RCPT_FIRST
        return reply.SYNTAX if argument else reply.SEND_DATA

    commands: Mapping[bytes, Answer] = {
        b"HELO": _helo,
        b"EHLO": _ehlo,
        b"MAIL": _mail,
        b"RCPT": _rcpt,
        b"DATA": _data,
        b"RSET": _rset,
        b"NOOP": _noop,
        b"QUIT": _quit,
        b"STARTTLS": _starttls,
        b"VRFY": _not_verified,
        b"EXPN": _not_verified,
        b"HELP": _not_offered,
        b"AUTH": _not_offered,
    }


class LmtpSession(Session):
    """One LMTP client's dialogue.  RFC 2033: LHLO in the place of HELO and EHLO."""

    source = "lmtp"
    ident = "LMTP bounced"
    hello_first = reply.LHLO_FIRST

    __slots__ = ()

    commands: Mapping[bytes, Answer] = {
        name: answer for name, answer in Session.commands.items() if name not in (b"HELO", b"EHLO")
    } | {b"LHLO": Session.commands[b"EHLO"]}


SESSIONS: Final[Mapping[str, type[Session]]] = {"smtp": Session, "lmtp": LmtpSession}
