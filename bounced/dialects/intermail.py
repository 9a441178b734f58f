"""InterMail, later Email Mx (Openwave): the mail system of many a cable or phone company.

    This Message was undeliverable due to the following reason:

    Your message was not delivered because the destination computer refused
    to accept it (the error message is reproduced below).  ...

    Your message was rejected by mx.example.com for the following reason:

         550 5.7.1 Rejected

    The following recipients did not receive this message:

         <user@example.com>

    Please reply to <postmaster@example.net>
    if you feel this message to be in error.

Or, with a reason for each: "Recipient: <user@example.com>" and "Reason: 5.1.1 User unknown".
Comcast, Cox, Bigpond, Libero, Telenet, UPC and others sent it.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._entry import ADDRESS, one_line, status_of, unique
from bounced.dialects._shared import share
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("this message was undeliverable due to the following reason",)
_START = re.compile(
    r"^[ \t]{0,4}This Message was undeliverable due to the following reason:[ \t]*\n",
    re.MULTILINE | re.IGNORECASE,
)
_END = re.compile(r"^[ \t]{0,4}Please (?:reply to|contact|direct)\b", re.MULTILINE)
_PAIR = re.compile(
    r"^[ \t]{1,12}Recipient:[ \t]{0,10}<?(?P<who>[^<>\s]{1,320})>?[ \t]*\n"
    r"[ \t]{1,12}Reason:[ \t]{0,10}"
    r"(?P<say>[^\n]{0,1000}(?:\n(?![ \t]{1,12}Recipient:)[ \t]*\S[^\n]{0,1000}){0,10})",
    re.MULTILINE,
)
_LINE = re.compile(rf"^[ \t]{{0,12}}<?({ADDRESS})>?[ \t]*$", re.MULTILINE)
_BY = re.compile(
    r"rejected by ([\w.-]{1,255}) for the following reason:\s{1,10}"
    r"(\S[^\n]{0,1000}(?:\n[ \t]{0,10}\S[^\n]{0,1000}){0,10})"
)
_HEADING = re.compile(r"^The following recipients? did not receive this message:", re.MULTILINE)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient below the sentence of the reason."""
    start = _START.search(notice.text)
    if not start:
        return ()
    end = _END.search(notice.text, start.end())
    text = notice.text[start.end() : end.start() if end else None]
    pairs = [_status(notice, one["who"], one["say"]) for one in _PAIR.finditer(text)]
    return unique(pairs or _listed(notice, text))


def _listed(notice: Notice, text: str) -> list[RecipientStatus]:
    """Read the addresses, each on a line, below one reason for all."""
    heading = _HEADING.search(text)
    names = list(_LINE.finditer(text, heading.end() if heading else 0))
    if not names:
        return []
    about = text[: heading.start() if heading else names[0].start()]
    by = _BY.search(about)
    reasons = share([one[1] for one in names], [by[2] if by else about])
    return [_status(notice, who, why, by[1] if by else None) for who, why in reasons.items()]


def _status(notice: Notice, shown: str, reason: str, remote: str | None = None) -> RecipientStatus:
    said = one_line(reason)
    return status_of(
        "intermail",
        notice,
        shown if re.fullmatch(ADDRESS, shown) else None,
        said,
        action=Action.FAILED,
        reply=said if re.match(r"[245](?:\d\d|\.\d{1,3}\.\d{1,3})(?:[ -]|$)", said) else None,
        remote=remote,
        hidden=shown,
    )
