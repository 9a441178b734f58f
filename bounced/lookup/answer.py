"""What Postfix is told of a block: an action of access(5), in one printable line.

The enhanced codes are RFC 3463's.  Postfix puts its own words in front and sends all of it as one
line of an SMTP reply, 512 octets at most (RFC 5321 §4.5.3.1.5).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from bounced.causes import Cause
from bounced.store.lookup import Block

_STATUS: Final[Mapping[Cause | None, str]] = {
    Cause.MAILBOX_UNKNOWN: "5.1.1",
    Cause.MAILBOX_DISABLED: "5.2.1",
    Cause.MAILBOX_MOVED: "5.1.6",
    Cause.MAILBOX_FULL: "5.2.2",
    Cause.DOMAIN_UNKNOWN: "5.1.2",
    Cause.DOMAIN_NO_MAIL: "5.1.10",  # RFC 7505 §4.1
    Cause.SERVER_DOWN: "5.4.1",
    Cause.SERVER_ERROR: "5.3.0",
    Cause.MESSAGE_TOO_LARGE: "5.2.3",
    Cause.UNKNOWN: "5.1.0",
}
_BY_POLICY: Final = "5.7.1"  # a complaint, a suppression list, or an operator
_PAUSED: Final = "4.2.1"
_ADDRESS: Final = 100
_EVIDENCE: Final = 200
_WITH_EVIDENCE: Final = 96  # beside a longer address, which Postfix says twice, there is no room
_UNPRINTABLE: Final = re.compile(r"[^ -~]")

TROUBLE: Final = "4.3.0 can't tell whether the recipient is blocked; try again later"


def action(asked: str, block: Block, *, defer_paused: bool) -> str:
    """Return the action for the address that was *asked* for.

    A block that ends by itself is a pause: with *defer_paused* the sender shall try again.
    """
    if defer_paused and block.expires_at:
        return f"DEFER_IF_PERMIT {_PAUSED} {reason(asked, block)}"
    return f"REJECT {_STATUS.get(block.cause, _BY_POLICY)} {reason(asked, block)}"


def reason(asked: str, block: Block) -> str:
    """Return what is blocked, since when, why, and the provider's own words."""
    since = f" since {block.since:%Y-%m-%d}" if block.since else ""
    until = f" until {block.expires_at:%Y-%m-%d}" if block.expires_at else ""
    words = _line(block.evidence or "", _EVIDENCE) if len(asked) <= _WITH_EVIDENCE else ""
    return f"{_what(asked, block)} is blocked{since}{until}: {block.cause or 'by hand'}" + (
        f" ({words})" if words else ""
    )


def _what(asked: str, block: Block) -> str:
    if block.key.startswith("@"):
        return f"all of {_line(block.key[1:], _ADDRESS)}"
    return f"<{_line(asked, _ADDRESS)}>"


def _line(text: str, longest: int) -> str:
    """Return *text* as one line of printable ASCII, at most *longest* octets."""
    line = _UNPRINTABLE.sub("?", " ".join(text.split()))
    return line if len(line) <= longest else f"{line[: longest - 3]}..."
