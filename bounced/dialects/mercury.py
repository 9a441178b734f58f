"""Mercury/32 and Mercury for NetWare, the servers of Pegasus Mail.

    The local mail transport system has reported the following problems
    it encountered while trying to deliver your message:

    -------------------------------------------------------------------
    *** user@example.com
    550 5.1.1 User unknown
    -------------------------------------------------------------------

Operators may change the text around the list.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._classic import told
from bounced.dialects._entry import unique
from bounced.dialects._failing import looks_failing
from bounced.model import RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("\n*** ",)
_LIST = re.compile(
    r"^-{20,80}[ \t]*(?P<list>\n\*{3} (?:[^\n-][^\n]{0,1000}\n|\n){1,2000}?)-{20,80}[ \t]*$",
    re.MULTILINE,
)
_ENTRY = re.compile(
    r"^\*{3} <?([^<>\s]{1,320})>?[ \t:]*((?:\n(?!\*{3})[^\n]{1,1000}){0,20})", re.MULTILINE
)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each starred line between two rules."""
    found = _LIST.search(notice.text)
    if not (found and looks_failing(notice)):
        return ()
    return unique(
        told("mercury", notice, entry[1], entry[2]) for entry in _ENTRY.finditer(found["list"])
    )
