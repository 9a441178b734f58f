"""STARTTLS: the certificate, read again on SIGHUP, and one connection's encryption.  RFC 3207.

The encryption is sans-IO: octets of the network in, octets of the client out, and back.  So the
connection decides what is read when, and an encrypted one takes no more memory of ours than a plain
one.  TLS 1.2 and up; renegotiation, which costs us more than the client, is refused.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Mapping

from bounced.config import Tls as Settings
from bounced.config import secrets
from bounced.errors import ConfigError

_CHUNK = 2**16


class Certificate:
    """The certificate and key of the settings; ``context`` is made of what was read last."""

    def __init__(self, settings: Settings, environ: Mapping[str, str]) -> None:
        self._settings = settings
        self._environ = environ
        self.context: ssl.SSLContext | None = self._read()

    def reload(self) -> None:
        """Read both files again; raises ConfigError, and then goes on with the old ones."""
        self.context = self._read()

    def _read(self) -> ssl.SSLContext | None:
        settings = self._settings
        if settings.certificate is None or settings.key is None:
            return None
        certificate = secrets.located(settings.certificate, "tls.certificate", self._environ)
        key = secrets.located(settings.key, "tls.key", self._environ)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
        secrets.text(key, "tls.key")  # which says why, where it can't be read or others can
        try:
            certificate.open("rb").close()
        except OSError as error:
            msg = f"tls.certificate: {certificate} can't be read: {error.strerror}"
            raise ConfigError(msg) from error
        try:
            # A key with a passphrase is refused; without this OpenSSL would ask at the terminal.
            context.load_cert_chain(certificate, key, password=lambda: "")
        except (ssl.SSLError, OSError) as error:
            msg = (
                f"tls: {certificate} and {key} are no certificate and its key "
                f"({_reason(error)}); both must be PEM, the key without a passphrase"
            )
            raise ConfigError(msg) from error
        return context


def _reason(error: OSError) -> str:
    words = getattr(error, "reason", None) or error.strerror or "not understood"
    return str(words).replace("_", " ").lower()


class Encryption:
    """The server's side of one TLS connection.  Methods raise ``ssl.SSLError``."""

    __slots__ = ("_ssl", "_theirs", "_to_them", "ended", "ready")

    def __init__(self, context: ssl.SSLContext) -> None:
        self._theirs = ssl.MemoryBIO()
        self._to_them = ssl.MemoryBIO()
        self._ssl = context.wrap_bio(self._theirs, self._to_them, server_side=True)
        self.ready = False  # the handshake is done
        self.ended = False  # the client has said that no more comes

    def receive(self, data: bytes) -> bytes:
        """Take what came from the network; return what the client said."""
        self._theirs.write(data)
        said = bytearray()
        try:
            if not self.ready:
                self._ssl.do_handshake()
                self.ready = True
            while chunk := self._ssl.read(_CHUNK):
                said += chunk
            self.ended = True
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            self.ended = True
        return bytes(said)

    def seal(self, data: bytes) -> bytes:
        """Return what to send for *data*, and for what TLS has to say itself."""
        while data:
            data = data[self._ssl.write(data) :]
        return self._to_them.read()

    def close(self) -> bytes:
        """Return what to send last."""
        with contextlib.suppress(ssl.SSLError):  # the client need not say good-bye as well
            self._ssl.unwrap()
        return self._to_them.read()
