"""A gateway of British hosting providers, unidentified: a count of errors, and a sentence for each.

    We had trouble delivering your message. Full details follow:

    Subject: 'Hello'
    Date: 'Mon, 3 Jun 2024 09:15:02 +0000'

    1 error(s):

    SMTP Server <mx.example.com> rejected recipient <user@example.com> (Error following RCPT
    command). It responded as follows: [550 5.1.1 User unknown]

It calls its notices automatic replies.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._entry import ADDRESS, one_line, paragraphs, status_of, unique
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("we had trouble delivering your message",)
_START = re.compile(
    r"^We had trouble delivering your message\.[\s\S]{0,2000}?^\d{1,5} error\(s\):", re.MULTILINE
)
_ONE = re.compile(rf"\brejected recipient <({ADDRESS})>")
_LIST = re.compile(
    r"The following recipients? returned (permanent|temporary|transient) errors?: ?"
    rf"((?:<?{ADDRESS}>?[,;]? ?){{1,100}}?)\.? Reason: "
)
_SERVER = re.compile(r"SMTP Server <([\w.-]{1,255})>")
_SAID = re.compile(r"\[([245]\d\d(?:[ -][^\]]{0,1000})?)\]?")


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient in the sentences below the count."""
    start = _START.search(notice.text)
    if not start:
        return ()
    return unique(
        one
        for part in paragraphs(notice.text[start.end() :])
        for one in _sentence(notice, one_line(part))
    )


def _sentence(notice: Notice, text: str) -> list[RecipientStatus]:
    one, several = _ONE.search(text), _LIST.search(text)
    names = [one[1]] if one else several[2].split() if several else []
    server, said = _SERVER.search(text), _SAID.search(text)
    late = several is not None and several[1] != "permanent"
    return [
        status_of(
            "fulldetails",
            notice,
            name.strip("<>,;").rstrip("."),
            text,
            action=Action.DELAYED if late else Action.FAILED,
            reply=said[1] if said else None,
            remote=server[1] if server and not server[1].replace(".", "").isdigit() else None,
        )
        for name in names
    ]
