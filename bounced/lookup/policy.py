"""Postfix's policy protocol: ``name=value`` lines and an empty one in, ``action=...`` out.

SMTPD_POLICY_README.  A server that can't understand a request says nothing, logs it and hangs up;
Postfix asks again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bounced.lookup.answer import TROUBLE
from bounced.lookup.dialogue import Ask, MalformedError, Trouble
from bounced.model import DEFAULT_STREAM

MAX_REQUEST: Final = 65536
"""Octets in one request; Postfix sends some thirty attributes, few of them from outside."""

_END: Final = b"\n\n"


class Policy:
    """One connection.  *stream_of* tells the stream by the envelope sender."""

    def __init__(self, ask: Ask, stream_of: Callable[[str], str | None]) -> None:
        self._ask = ask
        self._stream_of = stream_of
        self._buffer = b""

    def receive(self, data: bytes) -> bytes:
        """Return the replies to the requests that *data* completes; raises MalformedError."""
        *requests, self._buffer = (self._buffer + data).split(_END)
        replies: list[bytes] = []
        try:
            replies.extend(map(self._reply, requests))
            _refuse_long(self._buffer)
        except MalformedError as error:
            raise MalformedError(str(error), b"".join(replies)) from None
        return b"".join(replies)

    def _reply(self, request: bytes) -> bytes:
        return f"action={self._action(_read(request))}\n\n".encode()

    def _action(self, attributes: dict[str, str]) -> str:
        recipient = attributes.get("recipient", "")
        if "@" not in recipient:  # after DATA, for example, where there are several
            return "DUNNO"
        stream = self._stream_of(attributes.get("sender", ""))
        found = self._ask(recipient, stream or DEFAULT_STREAM)
        if isinstance(found, Trouble):
            return f"DEFER_IF_PERMIT {TROUBLE}"
        return found or "DUNNO"


def _read(request: bytes) -> dict[str, str]:
    _refuse_long(request)
    attributes: dict[str, str] = {}
    for line in request.decode(errors="replace").split("\n"):
        name, equals, value = line.partition("=")
        if not equals:
            msg = "a line without an equals sign"
            raise MalformedError(msg)
        attributes[name] = value
    if attributes.get("request") != "smtpd_access_policy":
        msg = "no request=smtpd_access_policy"
        raise MalformedError(msg)
    return attributes


def _refuse_long(request: bytes) -> None:
    if len(request) > MAX_REQUEST:
        msg = f"a request of more than {MAX_REQUEST} octets"
        raise MalformedError(msg)
