"""What both protocols share: who asks gets an answer, and who can't be understood is sent away.

Pure: bytes in, bytes out.  One dialogue is one connection.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Protocol, TypeAlias


class Trouble(Enum):
    """What a question may end in beside an answer."""

    UNAVAILABLE = "the store can't be asked"


Ask: TypeAlias = Callable[[str, str], "str | Trouble | None"]
"""Address and stream to an action of access(5); ``None`` where nothing is blocked."""


class MalformedError(Exception):
    """The client does not speak the protocol: send ``replies``, then hang up.

    The replies are those to what it had asked before, and what the protocol says of this.
    """

    def __init__(self, why: str, replies: bytes = b"") -> None:
        super().__init__(why)
        self.replies = replies


class Dialogue(Protocol):
    """One connection's conversation."""

    def receive(self, data: bytes) -> bytes:
        """Return the replies to the requests that *data* completes; raises MalformedError."""
