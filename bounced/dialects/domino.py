"""Lotus Domino, HCL Domino.

Your message

  Subject: Hello

was not delivered to:

  user@example.com

because:

  User user (user@example.com) not listed in Domino Directory
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._entry import address, one_line, status_of, unique
from bounced.model import RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("was not delivered to:",)
_ENTRY = re.compile(
    r"^was not delivered to:[ \t]*\n\s{0,10}"
    r"(?P<who>\S[^\n]{0,320}(?:\n[ \t]{1,20}\S[^\n]{0,320}){0,50})\n\s{0,10}"
    r"because:[ \t]*\n\s{0,10}(?P<reason>\S[^\n]{0,1000}(?:\n[ \t]{1,10}\S[^\n]{0,1000}){0,10})",
    re.MULTILINE,
)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient of a Domino notice."""
    return unique(
        status_of("domino", notice, address(who), one_line(entry["reason"]), hidden=who)
        for entry in _ENTRY.finditer(notice.text)
        for who in entry["who"].split("\n")
    )
