"""PowerMTA: for what became of whom, where its status part was lost.

    Hello, this is the mail server on mail.example.org.

    I am sending you this message to inform you on the delivery status of a
    message you previously sent. ...

      <user@example.com>  delivery failed; will not continue trying

The reason stands only in the status part.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._entry import ADDRESS, status_of, unique
from bounced.dialects._failing import looks_failing
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("this is the mail server on",)
_SIGN = re.compile(r"^Hello, this is the mail server on \S", re.MULTILINE)
_ENTRY = re.compile(
    rf"^[ \t]{{0,8}}<({ADDRESS})>[ \t]{{1,20}}"
    r"((?:delivery|relayed|delivered|delayed|expanded|failed)\b[^\n]{0,300})",
    re.MULTILINE | re.IGNORECASE,
)
_ACTIONS = (
    ("fail", Action.FAILED),
    ("will not continue", Action.FAILED),
    ("delay", Action.DELAYED),
    ("will continue", Action.DELAYED),
    ("relayed", Action.RELAYED),
    ("expanded", Action.EXPANDED),
    ("delivered", Action.DELIVERED),
)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient in the list of a PowerMTA notice."""
    if not _SIGN.search(notice.text) or not looks_failing(notice):
        return ()
    entries = ((entry[1], entry[2]) for entry in _ENTRY.finditer(notice.text))
    return unique(
        status_of("powermta", notice, who, text, action=action)
        for who, text in entries
        if (action := next((fate for word, fate in _ACTIONS if word in text.lower()), None))
    )
