"""LMail, the mailer that came with LISTSERV, and others that write its form for list servers.

This list is in a special format that allows software like LISTSERV to
automatically take action on incorrect addresses

--> Error description:
Error-For:  user@example.com
Error-Code: 3
Error-Text: No such local user.

Error-End:  1 error detected.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._classic import told
from bounced.dialects._entry import delayed, spans, unique
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("error-for:",)
_START = re.compile(r"^Error-For:[ \t]{1,8}<?([^<>\s]{1,320})>?[ \t]*$", re.MULTILINE)
_TEXT = re.compile(
    r"^Error-Text:[ \t]*([^\n]{1,1000}(?:\n[ \t]{1,40}\S[^\n]{0,1000}){0,20})", re.MULTILINE
)
_WARNING = re.compile(r"^--> Warning", re.MULTILINE | re.IGNORECASE)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each block of the list."""
    starts = list(_START.finditer(notice.text))
    late = starts and (_WARNING.search(notice.text, 0, starts[0].start()) or delayed(notice))
    action = Action.DELAYED if late else Action.FAILED
    return unique(
        told("lmail", notice, start[1], text[1] if text else "", action=action)
        for start, below in spans(starts, notice.text)
        for text in [_TEXT.search(below)]
    )
