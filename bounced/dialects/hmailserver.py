"""hMailServer.

The following recipient(s) could not be reached:

user@example.com
   Error Type: SMTP
   Remote server (192.0.2.1) issued an error.
   hMailServer sent: RCPT TO:<user@example.com>
   Remote server replied: 550 5.1.1 User unknown

hMailServer
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._classic import told
from bounced.dialects._entry import ADDRESS, paragraphs, spans, unique
from bounced.model import RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("error type: ",)
_START = re.compile(
    rf"^[ \t]{{0,4}}({ADDRESS})[ \t]*\n[ \t]{{0,8}}Error Type: ?\w{{1,20}}", re.MULTILINE
)
_SAID = re.compile(
    r"Remote server replied: ?(\S[^\n]{0,1000}(?:\n[ \t]{1,8}[2-5]\d\d[ -][^\n]{0,1000}){0,20})"
)
_NAME = re.compile(r"Host name: ([\w.-]{3,255}),")


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient of an hMailServer notice."""
    starts = list(_START.finditer(notice.text))
    return unique(_status(notice, *span) for span in spans(starts, notice.text))


def _status(notice: Notice, start: re.Match[str], below: str) -> RecipientStatus:
    reason = next(paragraphs(below), "")
    said, name = _SAID.search(reason), _NAME.search(reason)
    return told(
        "hmailserver", notice, start[1], said[1] if said else reason, remote=name and name[1]
    )
