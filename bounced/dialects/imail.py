"""Ipswitch IMail.

    undeliverable to user@example.com
    RCPT TO generated following response:
    550 5.1.1 User unknown

    Unknown user: user2@example.com

    Original message follows.

Written by SMTP32.  A reason in a few words stands in front of the address, a reply behind it.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._classic import told
from bounced.dialects._entry import ADDRESS, one_line, spans, unique
from bounced.model import RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("original message follows.", "undeliverable mail")
_SUBJECT = re.compile(r"\s{0,8}Undeliverable Mail\s{0,8}$", re.IGNORECASE)
_END = re.compile(r"^Original message follows\.", re.MULTILINE)
_ENTRY = re.compile(
    rf"""^[ \t]{{0,4}}(?:undeliverable\ to[ ]{{1,2}}<?(?P<to>{ADDRESS})>?
          |(?P<why>[A-Za-z][\w ,.'()-]{{3,80}}(?::[ ][\w ,.'()-]{{3,80}})?):[ ]{{1,2}}
            <?(?P<who>{ADDRESS})>?)
        [ \t.]*$""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each line of an IMail notice that names a recipient."""
    end = _END.search(notice.text)
    if not (end and _SUBJECT.match(notice.subject)):
        return ()
    text = notice.text[: end.start()]
    return unique(
        told(
            "imail",
            notice,
            entry["to"] or entry["who"],
            ": ".join(filter(None, (entry["why"], one_line(below)))),
        )
        for entry, below in spans(list(_ENTRY.finditer(text)), text)
    )
