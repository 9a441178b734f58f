"""How long a client is waited for: a silence, a session, and a message that comes too slowly.

No clock of its own: times are seconds of any clock that only goes forward.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from bounced.smtpd import reply
from bounced.smtpd.reply import Row

IDLE: Final = ("idle", reply.IDLE)
TOO_SLOW: Final = ("data_rate", reply.TOO_SLOW)
OVER: Final = ("session", reply.SESSION_OVER)


@dataclass(slots=True)
class Patience:
    """With one client, since ``now``.

    ``idle`` seconds for a silence.  A message gets as many for its beginning, and a second more for
    each ``rate`` octets, but never more than ``idle`` in advance: a steady sender at that rate may
    take as long as it likes, and a drip is cut off as if it were silent.
    """

    idle: timedelta
    session: timedelta
    rate: int
    now: float
    _heard: float = field(init=False)
    _due: float = field(init=False)
    _ends: float = field(init=False)

    def __post_init__(self) -> None:
        """Begin to wait."""
        self._ends = self.now + self.session.total_seconds()
        self.hear(self.now)

    def hear(self, now: float) -> None:
        """Note a sign of life: a whole command, or the end of our own work."""
        self._heard = now
        self._due = now + self.idle.total_seconds()

    def receive(self, octets: int, now: float) -> None:
        """Note that so much of a message has come."""
        earned = self._due + octets / self.rate
        self.hear(now)
        self._due = min(self._due, earned)

    def until(self, *, receiving: bool) -> float:
        """Return when it ends; a session does not end in the middle of a message."""
        return self._due if receiving else min(self._due, self._ends)

    def over(self, now: float) -> bool:
        """Return whether the session has been long enough."""
        return now >= self._ends

    def why(self, now: float, *, receiving: bool) -> tuple[str, Row]:
        """Return the setting that ends it, and what to say."""
        if now >= self._heard + self.idle.total_seconds():
            return IDLE
        return TOO_SLOW if receiving else OVER
