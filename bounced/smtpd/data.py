"""The body of one DATA command, out of chunks of any size.  RFC 5321 §4.1.1.4, §4.5.2.

Sans-IO: bytes in, bytes out.  Only CRLF.CRLF ends a message, so that nothing can be smuggled
behind one that ends otherwise; lines may have any length, and bare CR, bare LF, NUL and 8-bit
octets stay as they came.  Linear in time, and one byte of memory for a byte of message.
"""

from __future__ import annotations

from io import BytesIO

_END = b"\r\n.\r\n"
_NEW_LINE = b"\r\n"


class DataReader:
    """Reads one message of at most *limit* octets.

    What is beyond the limit is read on and thrown away, because a sender understands a reply only
    after it has sent the whole message; beyond twice the limit ``hopeless`` says to hang up.
    ``received`` counts the octets that have come, ``size`` those of the message.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.received = 0
        # The CRLF of the DATA command itself stands in front of the first line.
        self._held = _NEW_LINE
        self._skip = len(_NEW_LINE)
        self._body = BytesIO()  # hands its bytes over without a copy
        self.size = 0
        self.done = False
        self.dropped = False
        self.left = b""  # what came behind the end: the next commands of a pipelining client

    @property
    def too_large(self) -> bool:
        """Whether the message is larger than may be."""
        return self.size > self._limit

    @property
    def held(self) -> int:
        """How many octets are in memory."""
        return self._body.tell() + len(self.left)

    @property
    def hopeless(self) -> bool:
        """Whether so much has come that there is no use in waiting for the end."""
        return self.too_large and self.received > 2 * self._limit + 2**20

    def feed(self, chunk: bytes) -> bool:
        """Take the next chunk; ``True`` when the end of the message was in it."""
        self.received += len(chunk)
        data = self._held + chunk
        end = data.find(_END)
        if end >= 0:
            self._keep(data[: end + len(_NEW_LINE)])
            self.left = data[end + len(_END) :]
            self._held = b""
            self.done = True
        else:
            # A beginning of CRLF.CRLF waits for its rest.
            held = next(size for size in (4, 3, 2, 1, 0) if data.endswith(_END[:size]))
            self._keep(data[: len(data) - held])
            self._held = data[len(data) - held :]
        return self.done

    def _keep(self, data: bytes) -> None:
        # Each line's leading dot goes; an occurrence can't be cut in two, as its start is held.
        text = data.replace(b"\r\n.", _NEW_LINE)
        skipped = min(self._skip, len(text))
        self._skip -= skipped
        self.size += len(text) - skipped
        if self.too_large:
            self.drop()
        if not self.dropped:
            self._body.write(memoryview(text)[skipped:])

    def drop(self) -> None:
        """Let go of the body; what is still to come of it is only counted."""
        self.dropped = True
        self._body = BytesIO()

    def take(self) -> bytes:
        """Return the body and let go of it."""
        body = self._body.getvalue()
        self._body = BytesIO()
        return body
