"""Novell GroupWise: its Internet agent.

    The message that you sent was undeliverable to the following:
        user@example.com (user not found)

    Possibly truncated original message follows:

Recipients inside the system are shown as user.office.domain.  The gateway of GroupWise 5 puts the
reasons of all of them into a transcript below.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._classic import told
from bounced.dialects._entry import delayed, unique
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("undeliverable to the following", "undeliverable recipient(s)")
_LIST = re.compile(
    r"^(?:The attached (?:file|message) had the following undeliverable recipient\(s\)"
    r"|The message that you sent was undeliverable to the following(?: recipient\(s\))?)"
    r":[ \t]*\n\s{0,10}(?P<list>\S[^\n]{0,600}(?:\n[ \t]{1,20}\S[^\n]{0,600}){0,500})",
    re.MULTILINE,
)
_ENTRY = re.compile(
    r"^[ \t]*(\S[^\n()]{0,320}?)(?:[ \t]{1,4}\(([^\n]{1,300})\))?[ \t]*$", re.MULTILINE
)
_TRANSCRIPT = re.compile(
    r"^Transcript of session follows:?[ \t]*\n\s{0,10}(\S[^\n]{0,1000}(?:\n[^\n]{1,1000}){0,20})",
    re.MULTILINE | re.IGNORECASE,
)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each line of the list."""
    found = _LIST.search(notice.text)
    if not found:
        return ()
    session = _TRANSCRIPT.search(notice.text, found.end())
    common = session[1] if session else ""
    action = Action.DELAYED if delayed(notice) else Action.FAILED
    return unique(
        told("groupwise", notice, entry[1], entry[2] or common, action=action)
        for entry in _ENTRY.finditer(found["list"])
    )
