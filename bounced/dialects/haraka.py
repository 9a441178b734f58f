"""Haraka.

    Hi. This is the Haraka Mailer program at mail.example.org.
    I'm afraid I wasn't able to deliver your message to the following addresses.
    This is a permanent error; I've given up. Sorry it didn't work out.

    Intended Recipients: <user@example.com>
    Failure Reason: 550 5.1.1 User unknown

Written by populate_bounce_message() in outbound/hmail.js from config/outbound.bounce_message; the
words are qmail's, the form is not.  One reason stands for all recipients of the notice.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._entry import ADDRESS, one_line, status_of, unique
from bounced.dialects._failing import looks_failing
from bounced.model import RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("intended recipients:",)
_ENTRY = re.compile(
    r"^[ \t]{0,4}Intended Recipients:[ \t]*+(?P<list>[^\n]{1,20000})\n"
    r"[ \t]{0,4}Failure Reason:[ \t]*(?P<reason>[^\n]{0,2000}(?:\n[^\n-][^\n]{0,1000}){0,10})",
    re.MULTILINE,
)
_ADDRESS = re.compile(ADDRESS)
_REPLY = re.compile(r"[245]\d\d[ -]")


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each of the intended recipients of a Haraka notice."""
    entry = _ENTRY.search(notice.text)
    if not entry or not looks_failing(notice):
        return ()
    reason = one_line(entry["reason"])
    return unique(
        status_of("haraka", notice, who, reason, reply=reason if _REPLY.match(reason) else None)
        for who in _ADDRESS.findall(entry["list"])
    )
