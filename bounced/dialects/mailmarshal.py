"""Trustwave MailMarshal (SMTP).

Could not be delivered because of

550 5.1.1 User unknown

The following recipients were affected:
    user@example.com
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._entry import ADDRESS, status_of, unique
from bounced.model import RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("could not be delivered because of",)
_NOTICE = re.compile(
    r"^(?:Your message )?Could not be delivered because of:?[ \t]*\n\s{0,10}"
    r"(?P<reason>\S[^\n]{0,1000}(?:\n[ \t]*\S[^\n]{0,1000}){0,10}?)\n\s{0,10}"
    r"The following recipients? (?:was|were) affected:[ \t]*\n"
    rf"\s{{0,4}}(?P<list>(?:[ \t]{{0,12}}<?{ADDRESS}>?[,;]?[ \t]*(?:\n|$)){{1,500}})",
    re.MULTILINE | re.IGNORECASE,
)
_ADDRESS = re.compile(ADDRESS)
_REMOTE = re.compile(r"^Remote-MTA:\s{1,10}<([\w.:-]{1,255})>", re.MULTILINE)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient of a MailMarshal notice."""
    found = _NOTICE.search(notice.text)
    if not found:
        return ()
    remote = _REMOTE.search(notice.text, found.end())
    host = remote[1] if remote else None
    return unique(
        status_of("mailmarshal", notice, who, found["reason"], remote=host)
        for who in _ADDRESS.findall(found["list"])
    )
