"""Forward a message to a person: as it came, in a letter that says why it is there.

It goes out with the null reverse-path and marked as automatic, so that nothing ever comes back for
it (RFC 5321 §4.5.5, RFC 3834 §3.1), and with a mark of ours, by which it is known if it does.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import smtplib
import socket
import textwrap
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import Any, Final

from bounced.config import Forward
from bounced.outgoing.courier import Failure
from bounced.store import Letter
from bounced.store.forwarding import MARK

SLOTS: Final = 2
LONGEST: Final = timedelta(minutes=30)  # a whole dialogue
_CONNECTING: Final = 10.0
_ANSWERING: Final = 300.0  # a server may look for viruses before it answers; RFC 5321 §4.5.3.2
_LONGEST_LINE: Final = 998  # RFC 5321 §4.5.3.1.6, without its end
_AS_FILE: Final = (
    b'Content-Type: application/octet-stream; name="message.eml"\r\n'
    b'Content-Disposition: attachment; filename="message.eml"\r\n'
    b"Content-Transfer-Encoding: base64\r\n\r\n"
)
_LINE_END: Final = re.compile(rb"\r\n|\r|\n")
_PLAIN_ADDRESS: Final = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[A-Za-z0-9.-]{1,255}", re.ASCII)
_MAX_SUBJECT: Final = 200


@dataclass(slots=True, kw_only=True)
class Forwarder:
    """Sends by SMTP, through one mail server; each message in a connection of its own."""

    settings: Forward
    hostname: str
    raw: Callable[[int], bytes | None]
    pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(SLOTS, "forward"))
    _sockets: set[socket.socket] = field(default_factory=set)

    async def __call__(self, letter: Letter) -> Failure | None:
        """Forward one message."""
        return await asyncio.get_running_loop().run_in_executor(self.pool, self._send, letter)

    async def close(self) -> None:
        """Break off what is under way, and end the threads."""
        for sock in tuple(self._sockets):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for an answer
        self.pool.shutdown(wait=False, cancel_futures=True)

    def _send(self, letter: Letter) -> Failure | None:
        raw = self.raw(letter.message_id) if letter.message_id is not None else None
        if raw is None:
            return Failure(why="its bytes are gone", final=True)
        message = wrapped(raw, letter, self.settings, self.hostname, datetime.now(UTC))
        try:
            self._dialogue(message)
        except (OSError, smtplib.SMTPException) as error:
            return Failure(why=_told(error))
        return None

    def _dialogue(self, message: bytes) -> None:
        host, port = self.settings.relay
        with smtplib.SMTP(host, port, local_hostname=self.hostname, timeout=_CONNECTING) as client:
            sock = client.sock
            assert sock is not None
            sock.settimeout(_ANSWERING)
            self._sockets.add(sock)
            try:
                client.ehlo_or_helo_if_needed()
                options = ["BODY=8BITMIME"] if client.has_extn("8bitmime") else []
                client.sendmail("", [self.settings.to or ""], message, options)
            finally:
                self._sockets.discard(sock)


def wrapped(raw: bytes, letter: Letter, settings: Forward, hostname: str, now: datetime) -> bytes:
    """Return the letter with *raw* in it: not a byte of it changed but its line ends."""
    boundary = f"={letter.webhook_id}="
    head = _header(letter, settings, hostname, now)
    head["Content-Type"] = f'multipart/mixed; boundary="{boundary}"'
    text = EmailMessage(policy=SMTP)
    text.set_content(_explanation(letter.data))
    del text["MIME-Version"]
    return b"\r\n".join(
        (
            b"".join(SMTP.fold_binary(name, value) for name, value in head.items()),
            b"--" + boundary.encode(),
            text.as_bytes().rstrip(b"\r\n"),
            b"",
            b"--" + boundary.encode(),
            _enclosed(raw),
            b"--" + boundary.encode() + b"--",
            b"",
        )
    )


def _enclosed(raw: bytes) -> bytes:
    """Return the part with the message; as a file where SMTP could not carry it as it is."""
    lines = _LINE_END.split(raw)
    if b"\0" in raw or max(map(len, lines)) > _LONGEST_LINE:
        return _AS_FILE + base64.encodebytes(raw).replace(b"\n", b"\r\n")
    coding = b"" if raw.isascii() else b"Content-Transfer-Encoding: 8bit\r\n"
    return b"Content-Type: message/rfc822\r\n" + coding + b"\r\n" + b"\r\n".join(lines)


def _header(letter: Letter, settings: Forward, hostname: str, now: datetime) -> EmailMessage:
    head = EmailMessage(policy=SMTP)
    author = settings.author or f"bounced@{hostname}"
    head["From"] = f"bounced <{author}>"
    head["To"] = settings.to
    subject = " ".join(str(letter.data.get("subject") or "(no subject)").split())
    head["Subject"] = f"Not a bounce: {subject[:_MAX_SUBJECT]}"
    if (reply_to := _writer(letter.data)) is not None:
        head["Reply-To"] = reply_to
    head["Date"] = format_datetime(now)
    head["Message-ID"] = f"<{letter.webhook_id}@{hostname}>"
    head["Auto-Submitted"] = "auto-generated"
    head[MARK] = letter.webhook_id
    head["MIME-Version"] = "1.0"
    return head


def _writer(data: dict[str, Any]) -> Address | None:
    """Return who wrote the message, so that an answer goes there."""
    _, address = parseaddr(str(data.get("from") or ""))
    return Address(addr_spec=address) if _PLAIN_ADDRESS.fullmatch(address) else None


def _explanation(data: dict[str, Any]) -> str:
    paths = ", ".join(data.get("forward_paths") or ()) or "a bounce address"
    sender = data.get("reverse_path")
    came = f"from <{sender}>" if sender is not None else "from nobody knows whom"
    because = f" ({data['because']})" if data.get("because") else ""
    kind = {
        "other": "It is no bounce, so perhaps somebody has written to you.",
        "unrecognised": "No reader understands it, so a bounce may be hidden in it.",
    }.get(str(data.get("kind")), f"It was taken for: {data.get('kind')}.")
    told = (
        f"The message below came to {paths}, {came}. {kind}{because}",
        f"It is kept as {data.get('queue_id')}, and has changed nothing.",
    )
    return "\n\n".join(textwrap.fill(one, 72) for one in told) + "\n"


def _told(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
        return f"refused: {code} {_text(said)}"
    if isinstance(error, smtplib.SMTPResponseException):
        return f"refused: {error.smtp_code} {_text(error.smtp_error)}"
    return f"{type(error).__name__}: {error}"


def _text(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(text.split())
