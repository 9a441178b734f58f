"""SmarterMail.

Could not deliver message to the following recipient(s):

Failed Recipient: user@example.com
Reason: Remote host said: 550 5.1.1 User unknown

   -- The header and top 20 lines of the message follows --
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._classic import told
from bounced.dialects._entry import paragraphs, spans, unique
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("failed recipient: ", "delayed recipient: ")
_START = re.compile(
    r"^[ \t]{0,8}(Failed|Delayed) Recipient: ?<?([^<>\s]{1,320})>?[ \t]*\n"
    r"(?:[ \t]{0,8}(?:Reason|Error):[ \t]*)?",
    re.IGNORECASE | re.MULTILINE,
)
_SAID = re.compile(r"Remote host said: ?", re.IGNORECASE)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient of a SmarterMail notice."""
    return unique(
        told(
            "smartermail",
            notice,
            start[2],
            _SAID.sub("", next(paragraphs(below), ""), count=1),
            action=Action.DELAYED if start[1].lower() == "delayed" else Action.FAILED,
        )
        for start, below in spans(list(_START.finditer(notice.text)), notice.text)
    )
