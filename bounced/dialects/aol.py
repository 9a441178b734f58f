"""AOL: the page in HTML of 2013 to 2018, and the older AIRmail for what a member had forbidden.

    We were unable to deliver your message to the following address

    user@example.com

    because: Mailbox is full

    ... More information about type 5.2.2 delivery errors are available if you want or need it.

    Sorry news@example.org. Your mail to the following recipients could not be delivered because
    they are not accepting mail from you:
            membername

The page names the first recipient only, the delivery-status part has all.  AIRmail gives names of
members, which are no addresses: a member may have several domains.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._entry import ADDRESS, address, status_of
from bounced.model import RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = (
    "unable to deliver your message to the following address",
    "mail to the following recipient",
)
_NOTICE = re.compile(
    r"^[ \t]{0,8}We were unable to deliver your message to the following address(?:es)?[ \t]*:?"
    rf"\s{{1,10}}(?P<who>(?:<?{ADDRESS}>?[ \t,;]{{0,4}}\s{{1,10}}){{1,50}})"
    r"because:?\s{1,10}(?P<reason>\S[^\n]{0,500})",
    re.MULTILINE,
)
_AIRMAIL = re.compile(
    r"^Sorry \S{1,320}\. Your mail to the following recipients? could not be delivered"
    r"\s{1,4}because\s{1,4}(?P<reason>[^:]{1,300}):[ \t]*\n"
    r"(?P<list>(?:[ \t]{1,8}\S[^\n]{0,320}(?:\n|$)){1,200})",
    re.MULTILINE,
)
_TYPE = re.compile(r"\babout type ([45]\.\d{1,3}\.\d{1,3}) delivery errors")


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for the recipients that AOL's page, or AIRmail, names."""
    if airmail := _AIRMAIL.search(notice.text):
        return tuple(
            status_of("aol", notice, address(who), airmail["reason"], hidden=who)
            for who in airmail["list"].split()
        )
    found = _NOTICE.search(notice.text)
    if not found:
        return ()
    type_ = _TYPE.search(notice.text, found.end())
    reason = f"{type_[1]} {found['reason']}" if type_ else found["reason"]
    return tuple(
        status_of("aol", notice, address(who), reason) for who in found["who"].split() if "@" in who
    )
