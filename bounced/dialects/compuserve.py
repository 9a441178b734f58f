"""CompuServe, whose accounts were numbers.

Your message could not be delivered for the following reason:

! Invalid receiver address: user@example.com
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._classic import told
from bounced.dialects._entry import unique
from bounced.model import RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("could not be delivered for the following reason",)
_HEADING = re.compile(
    r"^Your message could not be delivered for the following reasons?:[ \t]*$", re.MULTILINE
)
_ENTRY = re.compile(
    r"^[?!*][ \t]{0,4}(?:[A-Z]{3,8}[-\w]{0,12}[ \t]{1,4}- )?"
    r"([A-Z][a-z ]{4,60}): ?<?([^<>\s]{1,320})>?[ \t]*$",
    re.MULTILINE,
)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each line with its mark in front."""
    heading = _HEADING.search(notice.text)
    if not heading:
        return ()
    return unique(
        told("compuserve", notice, entry[2], entry[1])
        for entry in _ENTRY.finditer(notice.text, heading.end())
    )
