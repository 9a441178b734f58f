"""CommuniGate Pro.

Failed to deliver to 'user@example.com'
SMTP module(domain example.com) reports:
 host mx.example.com says:
 550 5.1.1 User unknown
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._classic import told
from bounced.dialects._entry import HOST, delayed, paragraphs, spans, unique
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = (" module(", " module reports:")
_ENTRY = re.compile(
    r"^(?P<say>[A-Z][a-z ]{5,60}) '<?(?P<who>[^<>'\n]{1,320})>?'[^\n]{0,60}\n"
    r"[ \t]{0,4}[\w-]{2,20} module(?:\([^()\n]{0,400}\))? [\w ]{3,40}:",
    re.MULTILINE,
)
_LATER = re.compile(r"\bdelay|\bstill\b|not (?:yet )?been", re.IGNORECASE)
_HOST = re.compile(rf"(?:host |by |to )({HOST})(?= says?:|:\n| )")


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient that a module reports about."""
    entries = list(_ENTRY.finditer(notice.text))
    late = delayed(notice)
    return unique(
        _status(notice, entry, next(paragraphs(below.lstrip("\n")), ""), late=late)
        for entry, below in spans(entries, notice.text)
    )


def _status(notice: Notice, entry: re.Match[str], reason: str, *, late: bool) -> RecipientStatus:
    host = _HOST.search(reason)
    return told(
        "communigate",
        notice,
        entry["who"],
        reason,
        action=Action.DELAYED if late or _LATER.search(entry["say"]) else Action.FAILED,
        remote=host[1] if host and "." in host[1] else None,
    )
