"""How much of us one client takes: its connections, its messages in a minute.

A client is a network: one IPv4 address, or the 64 bits of IPv6 that one subscriber gets, within
which addresses cost nothing.  No clock of its own, and no more memory than there are clients.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address, ip_network

_MINUTE = 60.0
_PREFIX = 8  # octets of an IPv6 address

Network = bytes
"""What addresses of one client have in common."""


class Clients:
    """Counts, for at most so many ``connections`` and ``messages`` a minute of one client."""

    def __init__(self, *, connections: int, messages: int, exempt: Iterable[str] = ()) -> None:
        self._connections = connections
        self._messages = messages
        self._exempt = [ip_network(one) for one in exempt]
        self._open: Counter[Network] = Counter()
        self._sent: Counter[Network] = Counter()
        self._minute = 0.0

    def network(self, peer: str) -> Network | None:
        """Return whose address *peer* is; ``None`` for one that is not limited, or is no address.

        A unix socket has no address: who may use it, its mode says.
        """
        try:
            address = ip_address(peer)
        except ValueError:
            return None
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        if any(address in network for network in self._exempt):
            return None
        packed = address.packed
        return packed[:_PREFIX] if isinstance(address, IPv6Address) else packed

    def enter(self, network: Network | None) -> bool:
        """Count one more connection, unless it is one too many."""
        if network is None:
            return True
        if self._open[network] >= self._connections:
            return False
        self._open[network] += 1
        return True

    def leave(self, network: Network | None) -> None:
        """Count one less; only for a connection that was let in."""
        if network is None:
            return
        self._open[network] -= 1
        if not self._open[network]:
            del self._open[network]

    def message(self, network: Network | None, now: float) -> bool:
        """Count one more message at *now*, in seconds of any clock, unless it is one too many."""
        if network is None:
            return True
        if now - self._minute >= _MINUTE:
            self._minute = now
            self._sent.clear()
        if self._sent[network] >= self._messages:
            return False
        self._sent[network] += 1
        return True

    @property
    def known(self) -> int:
        """How many clients are remembered."""
        return len(self._open) + len(self._sent)
