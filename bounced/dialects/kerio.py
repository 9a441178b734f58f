"""Kerio Connect, once Kerio MailServer.

Your message has encountered delivery problems
to the following recipient(s):

user@example.com
Delivery failed
550 5.1.1 User unknown
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._classic import told
from bounced.dialects._entry import ADDRESS, delayed, paragraphs, spans, unique
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("encountered delivery problems",)
_HEADING = re.compile(
    r"^[ \t]{0,4}Your message has encountered delivery problems\s{1,10}"
    r"to the following recipients?(?:\(s\))?:",
    re.MULTILINE,
)
_START = re.compile(rf"^[ \t]{{0,8}}<?({ADDRESS})>?:?[ \t]*$", re.MULTILINE)
_FAILED = re.compile(r"Delivery (?:has )?failed\b:?\s{0,4}", re.IGNORECASE)
_LATER = re.compile(r"delivery (?:is |has been )?delayed", re.IGNORECASE)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each address that stands alone on its line below the heading."""
    heading = _HEADING.search(notice.text)
    if not heading:
        return ()
    late = delayed(notice)
    return unique(
        _status(notice, start[1], next(paragraphs(below), ""), late=late)
        for start, below in spans(list(_START.finditer(notice.text, heading.end())), notice.text)
    )


def _status(notice: Notice, who: str, reason: str, *, late: bool) -> RecipientStatus:
    action = Action.DELAYED if late or _LATER.search(reason) else Action.FAILED
    return told("kerio", notice, who, _FAILED.sub("", reason, count=1), action=action)
