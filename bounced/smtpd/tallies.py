"""What an attacker can make us log: a few lines a second, then how many more there were."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from bounced.log import Log
from bounced.smtpd.reply import Row

_LINES: Final = 20  # in a second
_SECOND: Final = 1.0


@dataclass(slots=True)
class Tallies:
    """Logs each client that was sent away or went away, as long as they are not too many."""

    log: Log
    _lines: int = 0
    _more: Counter[str] = field(default_factory=Counter)
    _timer: asyncio.TimerHandle | None = None

    def limit(self, *, limit: str, peer: str, reply: Row | None) -> None:
        """Tell of a client over a limit, by the name of its setting."""
        if self._room(limit):
            self.log.limit_reached(limit=limit, peer=peer, reply=str(reply or ""))

    def broken_off(self, *, peer: str, octets: int) -> None:
        """Tell of a client that went away in the middle of a message."""
        if self._room("broken_off"):
            self.log.broken_off(peer=peer, octets=octets)

    def not_understood(self, *, protocol: str, peer: str, why: str) -> None:
        """Tell of a client that fails at TLS, or a balancer at the PROXY protocol."""
        if self._room(protocol):
            self.log.not_understood(protocol=protocol, peer=peer, why=why)

    def _room(self, kind: str) -> bool:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_SECOND, self._next)
        if self._lines < _LINES:
            self._lines += 1
            return True
        self._more[kind] += 1
        return False

    def _next(self) -> None:
        """Begin another second; sum the last one up, if that is needed."""
        self._timer = None
        self._lines = 0
        for kind, times in self._more.items():
            self.log.limits_more(limit=kind, times=times)
        self._more.clear()
