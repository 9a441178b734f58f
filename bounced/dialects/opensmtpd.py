"""OpenSMTPD.

        This is the MAILER-DAEMON, please DO NOT REPLY to this email.

        An error has occurred while attempting to deliver a message for
        the following list of recipients:

    user@example.com: 550 5.1.1 User unknown

Written by bounce_next() in usr.sbin/smtpd/bounce.c.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._entry import ADDRESS, status_of, unique
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("this is the mailer-daemon",)
_SIGN = re.compile(r"^[ \t]{0,8}This is the MAILER-DAEMON, please DO NOT REPLY", re.MULTILINE)
_LIST = re.compile(
    r"(?:following\s{1,9}list\s{1,9}of\s{1,9}recipients|to\s{1,9}these\s{1,9}recipients)"
    r"[:.][ \t]*\n"
)
_ENTRY = re.compile(rf"^({ADDRESS}):[ \t](.*(?:\n[ \t]{{1,20}}\S.*)*)", re.MULTILINE)
_DELAY = re.compile(r"is delayed for|only a temporary failure report", re.IGNORECASE)
_SUCCESS = re.compile(r"(?:was|were|been) successfully delivered|has been delivered", re.IGNORECASE)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient in the list of an OpenSMTPD notice."""
    heading = _LIST.search(notice.text) if _SIGN.search(notice.text) else None
    if not heading:
        return ()
    action = Action.DELAYED if _DELAY.search(notice.text) else Action.FAILED
    if _SUCCESS.search(notice.text):
        action = Action.DELIVERED
    entries = _ENTRY.finditer(notice.text, heading.end())
    return unique(
        status_of("opensmtpd", notice, who, reason, action=action)
        for who, reason in map(re.Match.groups, entries)
    )
