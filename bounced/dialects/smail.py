"""smail 3.

    |------------------------- Message log follows: -------------------------|
     no valid recipients were found for this message
    |------------------------- Failed addresses follow: ---------------------|
     <user@example.com> ... unknown host
    |------------------------- Message text follows: ------------------------|

Written by src/notify.c; since 3.2 the reason begins with a number such as (ERR_148).
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._classic import told
from bounced.dialects._entry import unique
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = (" addresses follow: ---",)
_LIST = re.compile(
    r"^\|-{3,40} ?(\w{4,14}) addresses follow: ?-{3,40}\|[ \t]*"
    r"((?:\n(?!\|-)[^\n]{0,1000}){0,1000})",
    re.IGNORECASE | re.MULTILINE,
)
_ENTRY = re.compile(
    r"^[ \t]{0,4}<([^<>\n]{1,320})>(?: \.\.\.)? ?(?:\(ERR_?\d{1,4}\) ?)?"
    r"(.{0,1000}(?:\n[ \t]{2,20}[^\s<].{0,1000}){0,10})",
    re.MULTILINE,
)
_LATER: Final = frozenset({"deferred", "delayed", "pending"})


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient in the lists of a smail notice."""
    return unique(
        told("smail", notice, entry[1], entry[2], action=_action(part[1]))
        for part in _LIST.finditer(notice.text)
        for entry in _ENTRY.finditer(part[2])
    )


def _action(word: str) -> Action:
    return Action.DELAYED if word.lower() in _LATER else Action.FAILED
