"""KDDI's au one net (dion.ne.jp and others).

    Your mail sent on: Mon, 3 Jun 2024 18:15:00 +0900
         Could not be delivered to: <user@example.com>
         As their mailbox is full.

Japanese may stand in front.  Each address has its reason below it.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._entry import ADDRESS, one_line, spans, status_of, unique
from bounced.model import RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("could not be delivered to: <",)
_SIGN = re.compile(r"^[ \t]{0,8}Your mail (?:sent|attempted to be delivered) on:", re.MULTILINE)
_ENTRY = re.compile(
    rf"^[ \t]{{0,12}}Could not be delivered to:[ ]<({ADDRESS})>[ \t]*$", re.MULTILINE
)
_SAID = re.compile(r"error:\s{1,20}([245]\d\d[ -].{1,1000})")


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each address of a notice of KDDI."""
    sign = _SIGN.search(notice.text)
    if not sign:
        return ()
    below = notice.text[sign.end() :]
    return unique(
        status_of("kddi", notice, entry[1], reason, reply=said[1] if said else None)
        for entry, text in spans(list(_ENTRY.finditer(below)), below)
        for reason in (one_line(text.lstrip("\n").partition("\n\n")[0]),)
        for said in (_SAID.search(reason),)
    )
