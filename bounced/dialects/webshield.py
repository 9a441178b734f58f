"""McAfee WebShield SMTP.

    ---- Failed Recipients ----

<user@example.com>
User unknown

Requested action not taken: mailbox unavailable

    ---- Contents of the undelivered mail ----
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._entry import ADDRESS, one_line, spans, status_of, unique
from bounced.model import RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("---- failed recipients ----",)
_SECTION = re.compile(r"^[ \t]{0,8}-{4} Failed Recipients -{4}[ \t]*$", re.MULTILINE)
_END = re.compile(r"^[ \t]{0,8}-{4} ", re.MULTILINE)
_ENTRY = re.compile(rf"^[ \t]{{0,8}}<({ADDRESS})>[ \t]*$", re.MULTILINE)
_SAID = re.compile(r"\b([245]\d\d[ -].{1,1000})")


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient in the section of the failed ones."""
    section = _SECTION.search(notice.text)
    if not section:
        return ()
    below = _END.split(notice.text[section.end() :], maxsplit=1)[0]
    return unique(
        status_of("webshield", notice, entry[1], reason, reply=said[1] if said else None)
        for entry, text in spans(list(_ENTRY.finditer(below)), below)
        for reason in (one_line(text),)
        for said in (_SAID.search(reason),)
    )
