"""MessageLabs, later Symantec Email Security.cloud.

This is the mail delivery agent at messagelabs.com.
I was unable to deliver your message to the following addresses:

user@example.com

Reason: 550 5.1.1 User unknown

The message subject was: Hello
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bounced.dialects._entry import ADDRESS, delayed, one_line, spans, status_of, unique
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("this is the mail delivery agent at",)
_SIGN = re.compile(r"^This is the mail delivery agent at [^\n]{1,200}$", re.MULTILINE)
_HEADING = re.compile(
    r"to (?:the )?following (?:address(?:es)?|recipients?)[.:][ \t]*$", re.MULTILINE
)
_LIST = re.compile(rf"\s{{0,8}}(?:[ \t]{{0,8}}<?{ADDRESS}>?[ \t]*(?:\n|$)){{1,500}}")
_REASON = re.compile(r"\s{0,8}(?:Reason:)?\s{0,8}(\S[^\n]{0,1000}(?:\n[^\n]{1,500}){0,10})")
_ADDRESS = re.compile(ADDRESS)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each address in the lists, with the reason below each list."""
    sign = _SIGN.search(notice.text)
    return unique(_lists(notice, notice.text[sign.end() :])) if sign else ()


def _lists(notice: Notice, text: str) -> Iterator[RecipientStatus]:
    action = Action.DELAYED if delayed(notice) else Action.FAILED
    for _, below in spans(list(_HEADING.finditer(text)), text):
        found = _LIST.match(below)
        reason = _REASON.match(below, found.end()) if found else None
        said = one_line(reason[1]) if reason else ""
        for who in _ADDRESS.findall(found[0]) if found else ():
            yield status_of("messagelabs", notice, who, said, action=action)
