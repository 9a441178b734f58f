"""SurfControl E-mail Filter, later Websense Email Security.

    Your message could not be sent.
    A transcript of the attempts to send the message follows.
    The number of attempts made: 1
    Addressed To: user@example.com

    Mon 3 Jun 2024 09:15:04 +0000
    Failed to send to identified host,
    user@example.com: [192.0.2.1], 550 User unknown
    --- Message non-deliverable.

Of several attempts the last one tells why.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._entry import ADDRESS, delayed, one_line, status_of, unique
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("a transcript of the attempts to send the message follows",)
_SIGN = re.compile(
    r"^A transcript of the attempts to send the message follows\.[ \t]*\n"
    r"(?:[^\n]{0,200}\n){0,4}?Addressed To:(?P<list>[^\n]{1,4000})",
    re.MULTILINE,
)
_ENTRY = re.compile(
    rf"^[ \t]{{0,8}}({ADDRESS}):[ \t]{{0,4}}\[([\w.:]{{2,60}})\],[ \t]{{0,4}}"
    r"(\S[^\n]{0,1000}(?:\n(?!---|[^\s:]{1,320}:[ \t]{0,4}\[)[^\n]{1,500}){0,5})",
    re.MULTILINE,
)
_FAILED = re.compile(r"^Failed to [^\n]{1,300}(?:\n(?!---)[^\n]{1,500}){0,5}", re.MULTILINE)
_ADDRESS = re.compile(ADDRESS)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient that the message was addressed to."""
    sign = _SIGN.search(notice.text)
    if not sign:
        return ()
    below = notice.text[sign.end() :]
    action = Action.DELAYED if delayed(notice) else Action.FAILED
    last = {entry[1].lower(): entry for entry in _ENTRY.finditer(below)}
    other = _FAILED.search(below)
    why = other[0] if other and not last else ""
    return unique(
        status_of(
            "surfcontrol",
            notice,
            who,
            one_line(entry[3] if entry else why),
            action=action,
            remote=entry[2] if entry else None,
        )
        for who in _ADDRESS.findall(sign["list"])
        for entry in (last.get(who.lower()),)
        if entry or not last
    )
