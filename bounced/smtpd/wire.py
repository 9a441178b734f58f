"""The octets of one connection: read when there is something to do with them, sent, encrypted.

An ``asyncio`` protocol without streams and without a task of its own, so that an idle connection is
a few kilobytes.  Who does not read is not read from; who is sent away is gone in a moment, whether
it listens or not.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from typing import cast

from bounced.smtpd.reply import Row
from bounced.smtpd.service import Service
from bounced.smtpd.tls import Encryption

_UNREAD = 2**12  # octets of replies; with more of them we wait until the client has read some
_TURN = 100  # steps, then other connections have theirs
_MOMENT = 1.0  # seconds that the last reply may take
_ENDLESS = 2**20  # octets behind the last reply


class Wire(asyncio.BufferedProtocol):
    """Everything of a connection that does not know SMTP."""

    __slots__ = (
        "_buffer", "_encryption", "_eof", "_leaving", "_loop", "_out", "_paused", "_service",
        "_timer", "_transport", "_wasted", "peer",
    )  # fmt: skip

    def __init__(self, service: Service, peer: str) -> None:
        self.peer = peer
        self._service = service
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._encryption: Encryption | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._buffer = bytearray()
        self._wasted = 0  # octets that mean nothing
        self._out: list[bytes] = []
        self._paused = False  # the client does not read
        self._eof = False  # the client says no more
        self._leaving = False

    @property
    def busy(self) -> bool:
        """Whether it is with a message, from DATA to the reply."""
        raise NotImplementedError

    @property
    def _waiting(self) -> bool:
        """Whether the next step has to wait for work of ours."""
        raise NotImplementedError

    @property
    def _speaking(self) -> bool:
        """Whether the client has not come to the end of what it says."""
        return bool(self._buffer)

    def _step(self) -> bool:
        """Do something with what has come; whether it was enough for something."""
        raise NotImplementedError

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=_UNREAD)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - why is no matter
        """End."""
        self._leaving = True
        self._transport = None
        self._buffer.clear()
        if self._timer:
            self._timer.cancel()

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - we know better
        """Return where to read the next octets to: many of a message, few of anything else."""
        return self._service.large if self.busy else self._service.small

    def buffer_updated(self, nbytes: int) -> None:
        """Take what was read there; both begin with the same octets."""
        if self._leaving:
            self._wasted += nbytes
            if self._wasted > _ENDLESS and self._transport:
                self._transport.abort()
            return
        data = bytes(self._service.large[:nbytes])
        self._buffer += self._decrypted(self._encryption, data) if self._encryption else data
        self._work()

    def eof_received(self) -> bool:
        """Note that the client says no more; what it has said is still answered."""
        self._eof = True
        self._work()
        return not self._leaving

    def pause_writing(self) -> None:
        """Wait: the client does not read what it is told."""
        self._paused = True

    def resume_writing(self) -> None:
        """Go on."""
        self._paused = False
        self._work()

    # Reading and writing.

    def _work(self) -> None:
        """Do what can be done with what has come."""
        turn = 0
        while not (self._leaving or self._paused or self._waiting):
            turn += 1
            if turn > _TURN:
                self._loop.call_soon(self._work)
                break
            if not self._step():
                if self._eof:
                    self.leave(None)
                break
        self._flush()
        self._pace(held_up=self._paused or self._waiting or turn > _TURN)

    def _pace(self, *, held_up: bool) -> None:
        """Read from the client only when there is something to do with it."""
        if not self._transport or self._leaving:
            return
        if held_up:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    def _say(self, answer: Row) -> None:
        if not self._leaving:
            self._out.append(f"{answer}\r\n".encode())

    def _flush(self) -> None:
        """Send what was said; before a TLS handshake is done nothing can be."""
        out = b"".join(self._out)
        self._out.clear()
        if self._encryption:
            out = self._encryption.seal(out if self._encryption.ready else b"")
        if out and self._transport and not self._leaving:
            self._transport.write(out)

    def leave(self, last: Row | None) -> None:
        """Say *last* and hang up; whether the client reads it or not, it is gone in a moment."""
        if self._leaving or not self._transport:
            return
        if last:
            self._say(last)
        self._flush()
        speaking = self._speaking
        self._leaving = True
        self._buffer.clear()
        if self._timer:
            self._timer.cancel()
        if self._encryption and self._encryption.ready:
            self._transport.write(self._encryption.close())
        self._timer = self._loop.call_later(_MOMENT, self._transport.abort)
        if self._eof or not speaking:
            self._transport.close()
            return
        # Read on, into the void: an octet left unread would make the system take the reply back.
        with contextlib.suppress(OSError):  # the client may be gone already
            self._transport.write_eof()
        self._transport.resume_reading()

    # TLS.

    def _encrypt(self, context: ssl.SSLContext) -> None:
        """Begin with TLS, and with nothing that was said before it: RFC 3207 §4.2, §5."""
        self._flush()
        self._buffer.clear()
        self._encryption = Encryption(context)

    def _decrypted(self, encryption: Encryption, data: bytes) -> bytes:
        try:
            said = encryption.receive(data)
        except ssl.SSLError as error:
            why = str(error.reason or "not understood")
            self._service.tallies.not_understood(protocol="tls", peer=self.peer, why=why)
            encryption.ready = False  # nothing more can be said, but what TLS says of it
            self.leave(None)
            return b""
        self._eof = self._eof or encryption.ended
        return said
