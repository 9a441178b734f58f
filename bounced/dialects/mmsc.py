"""Gateways of mobile carriers: Verizon's MMS center (vzwpix.com) and SMS gateway (vtext.com).

    Message could not be delivered to mobile.
    Error: No valid recipients for this MM

    Original Message:
    From: sender@example.org
    To: 2125550100@mms.example.com

The MMS center names its own subscribers in the summary only; other addresses there are not its
business.  The SMS gateway quotes the envelope:

    Error: Invalid user address

    Error message below:
    550 - Requested action not taken: no such user here

    Message details:
      RCPT TO: 2125550100@sms.example.com
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bounced.dialects._entry import ADDRESS, one_line, status_of, unique
from bounced.model import RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("message could not be delivered to mobile", "error message below:")
_ERROR = re.compile(r"^Error:[ \t]{0,8}([^\n]{1,500})", re.MULTILINE)
_MMS = re.compile(r"^Message could not be delivered to mobile\b", re.MULTILINE)
_SUMMARY = re.compile(
    r"^Original Message:[ \t]*\n(?:[\w-]{1,40}:[^\n]{0,500}\n){0,10}?To:[ \t]*([^\n]{1,2000})",
    re.MULTILINE,
)
_SMS = re.compile(
    r"^Error message below:[ \t]*\n\s{0,4}(?P<said>\S[^\n]{0,500}(?:\n\S[^\n]{0,500}){0,8})"
    r"\n\s{1,8}Message details:[ \t]*\n(?:[ \t]{0,8}+[^\n:]{1,60}:[^\n]{0,500}\n){0,20}?"
    r"[ \t]{0,8}RCPT TO:[ \t]{0,8}(?P<who>[^\n]{1,2000})",
    re.MULTILINE,
)
_ADDRESS = re.compile(ADDRESS)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each subscriber that a carrier could not reach."""
    error = _ERROR.search(notice.text)
    if not error:
        return ()
    if _MMS.search(notice.text):
        return unique(_subscribers(notice, error[1]))
    found = _SMS.search(notice.text)
    if not found:
        return ()
    said = one_line(found["said"])
    reply = said if said[:3].isdigit() else None
    return unique(
        status_of("mmsc", notice, who, f"{error[1]}: {said}", reply=reply)
        for who in _ADDRESS.findall(found["who"])
    )


def _subscribers(notice: Notice, error: str) -> Iterator[RecipientStatus]:
    """Yield the addresses in the summary that are of the carrier's own domain."""
    author = _ADDRESS.search(notice.from_)
    summary = _SUMMARY.search(notice.text)
    if not author or not summary:
        return
    host = "." + author[0].rpartition("@")[2].lower()
    for who in _ADDRESS.findall(summary[1]):
        if host.endswith("." + who.rpartition("@")[2].lower()):
            yield status_of("mmsc", notice, who, error)
