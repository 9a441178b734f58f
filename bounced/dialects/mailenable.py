"""MailEnable.

The following recipient(s) could not be reached:

    Recipient: [SMTP:user@example.com]
    Reason: Remote SMTP Server Returned: 550 5.1.1 User unknown
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._classic import told
from bounced.dialects._entry import delayed, paragraphs, spans, unique
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("recipient: [smtp:",)
_START = re.compile(
    r"^[ \t]{0,20}Recipient: \[SMTP:([^\]\n]{1,320})\]", re.IGNORECASE | re.MULTILINE
)
_REASON = re.compile(r"\s{0,20}Reason:[ \t]*", re.IGNORECASE)
_LATER = re.compile(r"message (?:delivery )?(?:is |has been )?delayed|not yet", re.IGNORECASE)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient of a MailEnable notice."""
    starts = list(_START.finditer(notice.text))
    late = starts and (delayed(notice) or _LATER.search(notice.text[: starts[0].start()]))
    action = Action.DELAYED if late else Action.FAILED
    return unique(
        told(
            "mailenable",
            notice,
            start[1],
            next(paragraphs(_REASON.sub("", below, count=1)), ""),
            action=action,
        )
        for start, below in spans(starts, notice.text)
    )
