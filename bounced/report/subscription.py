"""A mailing list that tells its reader that his own address bounces: about us, not about ours.

ezmlm encloses the bounce that it means, and whoever reads on would blame the address that the
notice is sent to.  Mailman and mlmmj only tell.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.model import Kind, Report
from bounced.report.prose import Notice

_TOLD: Final = re.compile(
    r"Messages to you from the \S{1,255} mailing list seem to\s{1,8}have been bouncing"  # ezmlm
    r"|Your membership in the mailing list .{1,255}\s{1,8}has been disabled"  # Mailman
    r"|Some messages to you could not be delivered\. If you're seeing this\s{1,8}message"  # mlmmj
)


def read(notice: Notice) -> Report | None:
    """Return what a list server says of our own subscription, or None."""
    told = _TOLD.search(notice.text)
    if told is None:
        return None
    because = f"a list about our own address: {' '.join(told[0].split())[:80]}"
    return Report(kind=Kind.AUTO_REPLY, source="subscription", because=because)
