"""AOL, 2013 to 2018: a page in HTML instead of Postfix's text.

    We were unable to deliver your message to the following address

    user@example.com

    because: Mailbox is full

    ... More information about type 5.2.2 delivery errors are available if you want or need it.

Only the first recipient is named; the delivery-status part has all.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._entry import ADDRESS, address, status_of
from bounced.model import RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("unable to deliver your message to the following address",)
_NOTICE = re.compile(
    r"^[ \t]{0,8}We were unable to deliver your message to the following address(?:es)?[ \t]*:?"
    rf"\s{{1,10}}(?P<who>(?:<?{ADDRESS}>?[,;\s]{{1,14}}+){{1,50}})"
    r"because:?\s{1,10}(?P<reason>\S[^\n]{0,500})",
    re.MULTILINE,
)
_TYPE = re.compile(r"\babout type ([45]\.\d{1,3}\.\d{1,3}) delivery errors")


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for the recipients that AOL's page names."""
    found = _NOTICE.search(notice.text)
    if not found:
        return ()
    type_ = _TYPE.search(notice.text, found.end())
    reason = f"{type_[1]} {found['reason']}" if type_ else found["reason"]
    return tuple(
        status_of("aol", notice, address(who), reason) for who in found["who"].split() if "@" in who
    )
