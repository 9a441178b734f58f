"""Postfix's socketmap protocol: netstrings ``name key`` in, ``OK action`` or ``NOTFOUND`` out.

socketmap_table(5), http://cr.yp.to/proto/netstrings.txt.  The name is ``blocked``, with the stream
behind a slash: ``blocked/news``.

Only whole addresses are looked up, and ``@domain``.  A bare domain is not: an address's own look-up
has seen the block of its domain already, and Postfix asks for parent domains as well, whose block
says nothing about their subdomains.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from bounced.lookup.dialogue import Ask, MalformedError, Trouble
from bounced.model import DEFAULT_STREAM

MAX_REQUEST: Final = 4096
"""Octets in one request; Postfix's own limit for a line of SMTP is 2,048."""

_LENGTH: Final = re.compile(rb"(0|[1-9][0-9]{0,8}):")
_DIGITS: Final = 9
_MAP: Final = "blocked"


def netstring(text: str) -> bytes:
    """Return *text* as a netstring."""
    data = text.encode()
    return b"%d:%b," % (len(data), data)


class Socketmap:
    """One connection.  *streams* are those that a map may be asked for."""

    def __init__(self, ask: Ask, streams: Collection[str]) -> None:
        self._ask = ask
        self._streams = streams
        self._buffer = b""

    def receive(self, data: bytes) -> bytes:
        """Return the replies to the requests that *data* completes; raises MalformedError."""
        buffer, at = self._buffer + data, 0
        replies: list[bytes] = []
        while True:
            try:
                found = _next(buffer, at)
            except MalformedError as error:
                raise MalformedError(str(error), b"".join(replies) + error.replies) from None
            if found is None:
                self._buffer = buffer[at:]
                return b"".join(replies)
            request, at = found
            replies.append(netstring(self._reply(request)))

    def _reply(self, request: bytes) -> str:
        name, space, key = request.decode(errors="replace").partition(" ")
        kind, slash, stream = name.partition("/")
        if not space or kind != _MAP:
            return f"PERM there is no map of this name; ask {_MAP}, or {_MAP}/STREAM"
        if slash and stream not in self._streams:
            return "PERM there is no stream of this name in the settings"
        if "@" not in key or key.endswith("@"):
            return "NOTFOUND "
        found = self._ask(key, stream or DEFAULT_STREAM)
        if isinstance(found, Trouble):
            return f"TEMP {found.value}"
        return f"OK {found}" if found else "NOTFOUND "


def _next(buffer: bytes, at: int) -> tuple[bytes, int] | None:
    """Return the request that begins at *at* and where it ends; ``None`` while it is incomplete."""
    found = _LENGTH.match(buffer, at)
    if not found:
        start = buffer[at : at + _DIGITS + 1]
        if re.fullmatch(rb"(?:0|[1-9][0-9]*)?", start) and len(start) <= _DIGITS:
            return None
        msg = "no netstring"
        raise MalformedError(msg, netstring("PERM this is no netstring"))
    length = int(found[1])
    if length > MAX_REQUEST:
        msg = f"a request of {length} octets"
        raise MalformedError(msg, netstring(f"PERM a request has at most {MAX_REQUEST} octets"))
    end = found.end() + length
    if len(buffer) <= end:
        return None
    if buffer[end : end + 1] != b",":
        msg = "a netstring without its comma"
        raise MalformedError(msg, netstring("PERM this netstring does not end in a comma"))
    return buffer[found.end() : end], end + 1
