"""mox: for the reason, which its status part often leaves out.

    Delivery has failed permanently for your email to:

        user@example.com

    No further deliveries will be attempted.

    Error during the last delivery attempt:

        permanent error: 550 5.1.1 no such user

One recipient a notice; "Delivery has been delayed of your email to:" is a warning.  Written by
queue/dsn.go; newer ones add "Full SMTP response:".
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._entry import ADDRESS, one_line, status_of
from bounced.dialects._failing import looks_failing
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("your email to:",)
_NOTICE = re.compile(
    r"^Delivery has (?P<what>failed permanently for|been delayed of) your email to:\s{1,9}"
    rf"(?P<who>{ADDRESS})[ \t]*$",
    re.MULTILINE,
)
_ERROR = re.compile(r"^Error during the last delivery attempt:\s{1,9}", re.MULTILINE)
_FULL = re.compile(r"^Full SMTP response:\s{1,9}", re.MULTILINE)
_SAID = re.compile(r"(?:^|: )([245]\d\d(?: [245]\.\d{1,3}\.\d{1,3})? .*)")


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return the one recipient of a mox notice."""
    found = _NOTICE.search(notice.text)
    if not found or not looks_failing(notice):
        return ()
    error = _ERROR.search(notice.text, found.end())
    full = _FULL.search(notice.text, found.end())
    reason = one_line(notice.text[error.end() : full.start() if full else None]) if error else ""
    said = _SAID.search(one_line(notice.text[full.end() :]) if full else reason)
    action = Action.DELAYED if "delayed" in found["what"] else Action.FAILED
    return (
        status_of(
            "mox", notice, found["who"], reason, action=action, reply=said[1] if said else None
        ),
    )
