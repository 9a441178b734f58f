"""What the daemon wants of the parts that it is made of beside the reception of mail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable


class Part(Protocol):
    """Something that runs beside the reception of mail, from when it is entered until it is left.

    ``addresses`` are where it listens once it is entered, as people are told them.
    """

    @property
    def addresses(self) -> Sequence[str]:
        """Where it listens: ``http 127.0.0.1:8080``."""

    async def __aenter__(self) -> object:
        """Begin; raises ``BouncedError`` where it can't."""

    async def __aexit__(self, *_: object) -> None:
        """Finish what was begun, and end."""


@runtime_checkable
class Reloads(Protocol):
    """A part that reads a file of its own again on SIGHUP."""

    async def reload(self) -> None:
        """Do it; never raises."""
