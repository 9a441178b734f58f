"""PowerMTA (Port25, SparkPost).

    Hello, this is the mail server on mail.example.org.

    I am sending you this message to inform you on the delivery status of a
    message you previously sent.  Immediately below you will find a list of
    the affected recipients;  ...

      <user@example.com>  delivery failed; will not continue trying

The reasons stand only in the delivery-status part.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._entry import address, status_of, unique
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("hello, this is the mail server on",)
_GREETING = re.compile(r"^[ \t]{0,4}Hello, this is the mail server on \S{1,255}\.", re.MULTILINE)
_ENTRY = re.compile(
    r"^[ \t]{0,8}<([^<>\s]{1,320})>[ \t]{1,8}"
    r"(delivery failed|delivery delayed|deferred|delivered|relayed|expanded)\b([^\n]{0,200})$",
    re.MULTILINE | re.IGNORECASE,
)
_ACTIONS = {
    "delivery failed": Action.FAILED,
    "delivery delayed": Action.DELAYED,
    "deferred": Action.DELAYED,
    "delivered": Action.DELIVERED,
    "relayed": Action.RELAYED,
    "expanded": Action.EXPANDED,
}


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient in the list of a PowerMTA notice."""
    greeting = _GREETING.search(notice.text)
    if not greeting:
        return ()
    return unique(
        status_of(
            "powermta",
            notice,
            address(entry[1]),
            entry[2] + entry[3],
            action=_ACTIONS[entry[2].lower()],
            hidden=entry[1],
        )
        for entry in _ENTRY.finditer(notice.text, greeting.end())
    )
