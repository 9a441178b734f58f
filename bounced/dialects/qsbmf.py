"""QSBMF below a sentence in any language: Yahoo, and translated qmail (21cn, Sina, and others).

    Sorry, we were unable to deliver your message to the following address.

    <user@example.com>:
    550: 5.1.1 User unknown

    --- Below this line is a copy of the message.

The greeting is translated (``qmail`` reads the English one): the paragraph tells, by the words that
qmail-remote puts around a reply; or the author, and Yahoo's code with a colon behind it.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._entry import address, one_line, paragraphs, status_of, unique
from bounced.dialects._failing import looks_failing
from bounced.model import RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("mailer-daemon@", "remote host said: ", "(#5.", "(#4.", ">:\n5", ">:\n4")
_YAHOO = re.compile(
    r"mailer-daemon@(?:[\w-]{1,60}\.){0,4}(?:yahoo|ymail|rocketmail|aol|verizon|att|sbcglobal|sky)"
    r"\.\w{2,4}(?:\.\w{2})?\b",
    re.IGNORECASE,
)
_QMAIL = re.compile(
    r"\A[^\n]{1,330}:[ \t]*\n[45]\d\d[ :-]"  # address, reply: nobody else writes so either
    r"|\b(?:Remote host said: [245]\d\d|Giving up on [\d.]{7,15}\.)|\(#[45]\.\d{1,3}\.\d{1,3}\)"
)
_ENTRY = re.compile(r"[ \t]{0,2}<([^<>\s]{1,320})>:[ \t]*\n(.*)", re.DOTALL)
_REPLY = re.compile(r"(?:^|Remote host said: ?)([245]\d\d)(?::|(?=[ -]|$))(.*)")
_TAIL = re.compile(r"\s{0,3}(?:\[[A-Z_]{2,20}\]|Giving up on \S{1,100})$")  # [RCPT_TO]: the stage


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient paragraph."""
    if not looks_failing(notice):
        return ()
    yahoo = _YAHOO.search(notice.from_)
    found = []
    for part in paragraphs(notice.text):
        entry = _ENTRY.fullmatch(part)
        if entry and (yahoo or _QMAIL.search(part)):
            found.append(_status(notice, entry[1], one_line(entry[2])))
        elif found and not entry:
            break  # what follows the list is the message
    return unique(found)


def _status(notice: Notice, shown: str, reason: str) -> RecipientStatus:
    reply = _REPLY.search(reason)
    said = f"{reply[1]} {_TAIL.sub('', reply[2]).strip()}" if reply else None
    return status_of("qsbmf", notice, address(shown), reason, reply=said, hidden=shown)
