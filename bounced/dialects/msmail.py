"""The SMTP gateways of Microsoft Mail 3 and of cc:Mail.

    User mail received addressed to the following unknown addresses:
        NETWORK/POSTOFFICE/USER

    Message is undeliverable.
    Reason: User "First Last" is not known to this cc:Mail post office.

Both mostly know names of their own systems, and no addresses.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._classic import told
from bounced.dialects._entry import unique
from bounced.model import RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("the following unknown addresses", "message is undeliverable.")
_LIST = re.compile(
    r"^((?:User )?mail (?:was )?received (?:that was )?addressed to the following "
    r"unknown addresses):[ \t]*((?:\n[ \t]{1,20}\S[^\n]{0,320}){1,200})",
    re.IGNORECASE | re.MULTILINE,
)
_CCMAIL = re.compile(
    r"^Message is undeliverable\.[ \t]*\n\s{0,10}Reason: ?"
    r"([^\n]{1,500}(?:\n[^\n]{1,500}){0,5})",
    re.MULTILINE,
)
_QUOTED = re.compile(r'"([^"\n]{1,200})"')


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each name of the list, or for the one that cc:Mail quotes."""
    if listed := _LIST.search(notice.text):
        names = [line.strip() for line in listed[2].split("\n") if line.strip()]
        return unique(told("msmail", notice, name, listed[1]) for name in names)
    reason = _CCMAIL.search(notice.text)
    if not reason or "cc:mail" not in f"{notice.subject}{notice.text}".lower():
        return ()
    name = _QUOTED.search(reason[1])
    return (told("msmail", notice, name[1] if name else reason[1], reason[1]),)
