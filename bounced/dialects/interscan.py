"""Trend Micro InterScan: Messaging Security Suite and VirusWall.

    ****** Message from InterScan Messaging Security Suite ******

    The following mail could not be delivered.
    Reason:  Unable to deliver message to <user@example.com> (and other recipients in the same
    domain).

With the dialogue, whose arrows point either way:

    Sent >>> RCPT TO:<user@example.com>
    Received <<< 550 5.1.1 User unknown
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._entry import ADDRESS, one_line, status_of, unique
from bounced.model import RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = (
    "interscan",
    "received <<<",
    "received >>>",
    "and other recipients in the same domain",
)
_DIALOGUE = re.compile(
    rf"^[ \t]{{0,8}}Sent[ ]{{1,4}}(?:>>>|<<<)[ ]{{1,4}}RCPT TO:[ ]?<({ADDRESS})>[^\n]{{0,200}}\n"
    r"[ \t]{0,8}Received[ ]{1,4}(?:>>>|<<<)[ ]{1,4}([45]\d\d[^\n]{0,1000})"
    r"((?:\n[ \t]{0,8}Received[ ]{1,4}(?:>>>|<<<)[ ]{1,4}[45]\d\d[^\n]{0,1000}){0,20})",
    re.MULTILINE,
)
_AGAIN = re.compile(r"\n[ \t]{0,8}Received[ ]{1,4}(?:>>>|<<<)[ ]{1,4}")
_UNABLE = re.compile(
    r"Unable to deliver message to[ ]"
    rf"(?P<list><{ADDRESS}>(?:[,;]?\s{{0,4}}<{ADDRESS}>){{0,100}})(?P<rest>[^\n]{{0,300}}"
    r"(?:\n(?!\*)[^\n]{1,300}){0,3})"
)
_HIDDEN = re.compile(
    r"^\*{3,12} Message from InterScan[^\n]{1,60}\*{3,12}[ \t]*\n\s{0,8}"
    r"The following mail could not be delivered\.\s{1,8}Reason:[ \t]{0,8}([^\n]{1,500})",
    re.MULTILINE,
)
_ADDRESS = re.compile(ADDRESS)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient of an InterScan notice."""
    said = [
        status_of("interscan", notice, entry[1], entry[2] + _AGAIN.sub(" ", entry[3]))
        for entry in _DIALOGUE.finditer(notice.text)
    ]
    if said:
        return unique(said)
    if "interscan" not in f"{notice.from_} {notice.text}".lower() and (
        "and other recipients in the same domain" not in notice.text
    ):
        return ()
    named = unique(
        status_of("interscan", notice, who, one_line(entry[0]))
        for entry in _UNABLE.finditer(notice.text)
        for who in _ADDRESS.findall(entry["list"])
    )
    if named or not (hidden := _HIDDEN.search(notice.text)):
        return named
    return (status_of("interscan", notice, None, hidden[1], hidden="nobody is named"),)
