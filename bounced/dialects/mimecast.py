"""Mimecast, the Postmaster's notices.

    An email that you attempted to send to the following address could not be delivered:
    -- user@example.com

    The problem appears to be :
    -- Recipient email address is possibly incorrect

    Additional information follows :
    -- 5.1.1 User unknown

The first line is Mimecast's guess, the second what the other server said.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._entry import ADDRESS, delayed, one_line, status_of, unique
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("the problem appears to be",)
_NOTICE = re.compile(
    r"to the following address(?:es|\(es\))?\s{1,4}(?P<say>[^:]{1,80}):\s{1,8}"
    rf"(?P<list>(?:(?:--[ \t]{{0,4}})?<?{ADDRESS}>?\s{{1,8}}){{1,200}})"
    r"The problem appears to be ?:\s{1,8}(?:--[ \t]{0,4})?(?P<guess>[^\n]{1,500})"
    r"(?:\s{1,8}Additional information follows ?:\s{1,8}(?:--[ \t]{0,4})?"
    r"(?P<said>[^\n]{1,1000}(?:\n[^\n]{1,500}){0,5}))?"
)
_ADDRESS = re.compile(ADDRESS)
_CODE = re.compile(r"[245](?:\d\d|\.\d{1,3}\.\d{1,3})\b")


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient of a Mimecast notice."""
    found = _NOTICE.search(notice.text)
    if not found:
        return ()
    late = delayed(notice) or "delay" in found["say"] or "yet" in found["say"]
    said = one_line(found["said"] or "")
    return unique(
        status_of(
            "mimecast",
            notice,
            who,
            f"{found['guess']}: {said}" if said else found["guess"],
            action=Action.DELAYED if late else Action.FAILED,
            reply=said if _CODE.match(said) else None,
        )
        for who in _ADDRESS.findall(found["list"])
    )
