"""An MTA that nobody has named yet, known by its words; a relay service for companies.

    We had trouble delivering your message. Full details follow:

    1 error(s):

    SMTP Server <mx.example.com> rejected recipient <user@example.com> (Error following RCPT
    command). It responded as follows: [550 5.1.1 User unknown]

After DATA it lists the recipients: "The following recipients returned permanent errors: a, b.
Reason: SMTP Server <192.0.2.1> refused to accept your message (DATA), with ... : [554 ...]".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bounced.dialects._entry import ADDRESS, delayed, one_line, paragraphs, status_of, unique
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("we had trouble delivering your message",)
_SIGN = re.compile(r"^We had trouble delivering your message\. Full details follow", re.MULTILINE)
_ONE = re.compile(rf"rejected recipient <({ADDRESS})>")
_MANY = re.compile(r"The following recipients? returned \w{1,20} errors?: (.{1,4000}?)\. Reason:")
_ADDRESS = re.compile(ADDRESS)
_SERVER = re.compile(r"SMTP Server <([\w.:-]{1,255})>")
_SAID = re.compile(r"\[([245]\d\d[ -].{1,2000})\]")


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient under "N error(s):"."""
    sign = _SIGN.search(notice.text)
    if not sign:
        return ()
    action = Action.DELAYED if delayed(notice) else Action.FAILED
    found = (one_line(part) for part in paragraphs(notice.text[sign.end() :]))
    return unique(one for part in found for one in _recipients(notice, part, action))


def _recipients(notice: Notice, part: str, action: Action) -> Iterator[RecipientStatus]:
    one, many = _ONE.search(part), _MANY.search(part)
    who = [one[1]] if one else _ADDRESS.findall(many[1]) if many else []
    server, said = _SERVER.search(part), _SAID.search(part)
    for address in who:
        yield status_of(
            "fulldetails",
            notice,
            address.rstrip("."),
            part,
            action=action,
            reply=said[1] if said else None,
            remote=server[1] if server else None,
        )
