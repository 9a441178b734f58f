"""SendGrid, before it stopped to mail bounces.

    This is an automatically generated message from SendGrid.

    I'm sorry to have to tell you that your message was not able to be
    delivered to one of its intended recipients.

    user:000000:<user@example.com> : 192.0.2.1 : mx.example.com:[198.51.100.1] : 550 5.1.1 User
    unknown  in RCPT TO

Name, queue number, address; the way it went, as far as it got; what the other server said.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._entry import HOST, address, one_line, status_of, unique
from bounced.model import RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("generated message from sendgrid",)
_SIGN = "automatically generated message from SendGrid"
_ENTRY = re.compile(
    r"^[^\n<>]{0,320}?:\d{1,12}:[ ]?<(?P<who>[^<>\s]{1,320})>[ ]?:[ ]?"
    rf"(?:[\d.:a-fA-F]{{3,60}} : (?P<host>{HOST}):\[[^\]\s]{{1,100}}\] : )?"
    r"(?P<say>\S[^\n]{0,1000}(?:\n(?![^\n<>]{0,320}:\d{1,12}:)\S[^\n]{0,1000}){0,10})",
    re.MULTILINE,
)
_STAGE = re.compile(r"\s{1,4}in (?:RCPT TO|MAIL FROM|DATA|HELO|EHLO|BODY|END OF DATA)$")


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient line of a SendGrid notice."""
    if _SIGN not in notice.text:
        return ()
    return unique(_status(notice, entry) for entry in _ENTRY.finditer(notice.text))


def _status(notice: Notice, entry: re.Match[str]) -> RecipientStatus:
    say = one_line(entry["say"])
    short = _STAGE.sub("", say)
    return status_of(
        "sendgrid",
        notice,
        address(entry["who"]),
        say,
        reply=short if re.match(r"[245]\d\d(?:[ -]|$)", short) else None,
        remote=entry["host"],
        hidden=entry["who"],
    )
