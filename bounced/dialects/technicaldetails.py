"""A mail system of German hosting providers, unidentified: stars, and details under double rules.

    ============================================================================
          This is an automatically generated Delivery Status Notification.

    Delivery to the following recipients failed permanently:

       * user@example.com

    ============================================================================
                                 Technical details:

    SMTP:RCPT host 192.0.2.1: 550 5.1.1 User unknown

One block of details for all recipients.  Other verbs are "was aborted after 4 hour(s)" and "has
been delayed"; another detail is "Routing: Could not find a gateway for ...".
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._entry import ADDRESS, one_line, status_of, unique
from bounced.dialects._shared import share
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("to the following recipient",)
_LIST = re.compile(
    r"^[ \t]{0,8}Delivery to the following recipients? (?P<how>[\w .,():-]{4,80}):[ \t]*\n\s{0,10}"
    rf"(?P<list>(?:[ \t]{{0,8}}\*[ ]{ADDRESS}[ \t]*(?:\n|$)){{1,1000}})",
    re.MULTILINE,
)
_DETAILS = re.compile(r"^[ \t]{0,60}Technical details:[ \t]*\n\s{0,10}", re.MULTILINE)
_SMTP = re.compile(
    r"SMTP:(?P<stage>[\w -]{1,20}) host (?P<host>[\w.:\[\]-]{1,255}): ?(?P<say>[245]\d\d\b.*)"
)
_RULE = re.compile(r"^[ \t]{0,4}={8,}[ \t]*$", re.MULTILINE)
_NEXT = re.compile(r"\n(?=[ \t]*(?:SMTP|DNS|Routing|MX):)")


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each starred recipient."""
    found = _LIST.search(notice.text)
    if not found:
        return ()
    names = found["list"].replace("*", " ").split()
    said = share(names, _details(notice.text[found.end() :]))
    return unique(_status(notice, who, said[who], found["how"]) for who in names)


def _details(text: str) -> list[str]:
    """Return the details: one block, or one for each server that was asked."""
    start = _DETAILS.search(text)
    block = _RULE.split(text[start.end() :], maxsplit=1)[0] if start else ""
    return [one_line(part) for part in _NEXT.split(block)[:1_000]]


def _status(notice: Notice, who: str, said: str, how: str) -> RecipientStatus:
    smtp = _SMTP.match(said)
    late = "delay" in how or "not yet" in how
    return status_of(
        "technicaldetails",
        notice,
        who,
        said or how,
        action=Action.DELAYED if late else Action.FAILED,
        reply=smtp["say"] if smtp else None,
        remote=smtp["host"].strip("[]") if smtp else None,
    )
