"""fml, a mailing list manager: it refuses what is sent to a list by somebody who is no member.

    Subject: You user@example.org are not member (name ML)

    You are not a member of this mailing list <name@example.com>.

The list is the address that was not reached.  The sender stands in the subject, and addresses for
commands and help below: none of them is in brackets.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._blame import correspondents
from bounced.dialects._classic import told
from bounced.dialects._entry import ADDRESS, one_line, paragraphs
from bounced.model import RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("x-mlserver",)
_SUBJECT = re.compile(
    r"\bare not (?:a )?member\b|\brejected?\b|\btoo (?:big|large)\b", re.IGNORECASE
)
_LIST = re.compile(rf"<({ADDRESS})>")


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return the list that would not take the message."""
    server = (notice.headers.get("X-MLServer") or "").lower()
    if "fml" not in server or not _SUBJECT.search(notice.subject):
        return ()
    first = next(paragraphs(notice.text), "")
    found = _LIST.search(first)
    if not found or found[1].lower() in correspondents(notice):
        return ()
    return (told("fml", notice, found[1], f"{one_line(first)} ({notice.subject})"),)
