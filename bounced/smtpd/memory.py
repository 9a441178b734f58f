"""The memory for all messages that are being taken, together; a message over it is let go of.

By construction: whatever a message holds is counted before the next octets are read, and when the
sum is too large, the largest that is still being received is dropped (its sender is told 452 and
comes back).  Small messages, as bounces are, get in while somebody fills us with large ones.
What waits for its commit is never dropped, and leaves less for others: a flood that the database
can't follow stays at the senders.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

# What a message takes beside its octets: its envelope, what was read out of it, its task.
_BESIDE = 8192


class Receiving(Protocol):
    """A message that is being received."""

    def drop(self) -> None:
        """Let go of the octets that have come, and of those that will come."""


@dataclass(slots=True)
class Memory:
    """At most ``limit`` octets; ``held`` are in use."""

    limit: int
    held: int = 0
    _receiving: dict[Receiving, int] = field(default_factory=dict)

    @property
    def full(self) -> bool:
        """Whether there is no room for another message, even when all others are dropped."""
        return self.held - sum(self._receiving.values()) + _BESIDE > self.limit

    def hold(self, who: Receiving, octets: int) -> None:
        """Note that *who* holds so many octets by now, and make room if that is too much."""
        self._count(who, octets + _BESIDE)
        while self.held > self.limit and self._receiving:
            largest = max(self._receiving, key=self._receiving.__getitem__)
            self.release(largest)
            largest.drop()

    def keep(self, who: Receiving) -> int:
        """Take the octets of *who* out of what may be dropped; give them back when it is done."""
        return self._receiving.pop(who, 0)

    def give_back(self, octets: int) -> None:
        """Have the octets of a message that was kept to its end for others."""
        self.held -= octets

    def release(self, who: Receiving) -> None:
        """Forget *who*, which holds nothing any more."""
        self.held -= self._receiving.pop(who, 0)

    def _count(self, who: Receiving, octets: int) -> None:
        self.held += octets - self._receiving.get(who, 0)
        self._receiving[who] = octets
