"""What clients of SMTP and LMTP do that ends otherwise than with a message."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from bounced.escape import escape


class Clients:
    """The part of the events that tells of them."""

    def __init__(self, logger: Any, *, show: Callable[[str], str] = escape) -> None:
        self._logger = logger
        self._show = show

    def _say(self, level: str, event: str, **fields: object) -> None:
        # The pipe to the journal may be gone or the disk full; the mail goes on.
        with contextlib.suppress(OSError, ValueError):
            getattr(self._logger, level)(event, **fields)

    def _address(self, address: str | None) -> str | None:
        return self._show(address) if address else address

    def refused(self, *, peer: str, command: str, reply: str) -> None:
        """Log a command that was answered 5xx, such as a recipient that is not ours."""
        self._say(
            "info", "refused", peer=escape(peer), command=escape(command), reply=escape(reply)
        )

    def broken_off(self, *, peer: str, octets: int) -> None:
        """Log a client that went away in the middle of a message; it keeps it and comes back."""
        self._say("info", "broken_off", peer=escape(peer), octets=octets)

    def recipient_refused(self, *, peer: str, forward_path: str, reply: str) -> None:
        """Log a recipient that the settings do not accept."""
        self._say(
            "info",
            "recipient_refused",
            peer=escape(peer),
            forward_path=self._address(forward_path),
            reply=escape(reply),
        )

    def forged_refused(self, *, peer: str, forward_path: str, reply: str) -> None:
        """Log a signed return path with a wrong signature, where only right ones are taken."""
        self._say(
            "warning",
            "forged_refused",
            peer=escape(peer),
            forward_path=self._address(forward_path),
            reply=escape(reply),
        )

    def limit_reached(self, *, limit: str, peer: str, reply: str) -> None:
        """Log a client that was sent away, by the setting whose limit it had reached."""
        self._say("warning", "limit_reached", limit=limit, peer=escape(peer), reply=reply)

    def limits_more(self, *, limit: str, times: int) -> None:
        """Log how often the same happened in the last second beside the lines that tell of it."""
        self._say("warning", "limits_more", limit=limit, times=times)

    def not_understood(self, *, protocol: str, peer: str, why: str) -> None:
        """Log a client that fails at TLS, or a balancer at the PROXY protocol."""
        self._say("info", "not_understood", protocol=protocol, peer=escape(peer), why=escape(why))

    def certificate_reloaded(self) -> None:
        """Log that the certificate for STARTTLS was read again."""
        self._say("info", "certificate_reloaded")

    def connections_lowered(self, *, wanted: int, possible: int) -> None:
        """Log that the system gives us fewer open files than ``limits.connections`` needs."""
        self._say("warning", "connections_lowered", wanted=wanted, possible=possible)

    def connections_full(self, *, peer: str, limit: int) -> None:
        """Log a client that was sent away because ``limits.connections`` are open."""
        self._say("warning", "connections_full", peer=escape(peer), limit=limit)
