"""The SMTP service of IIS, which Exchange 2000/2003, Hotmail and Outlook.com used.

    This is an automatically generated Delivery Status Notification.

    Delivery to the following recipients failed.

           user@example.com

The reason stands only in the delivery-status part.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._entry import ADDRESS, status_of, unique
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("to the following recipient",)
_LIST = re.compile(
    rf"""^[ ]{{0,4}}(?P<say>
           (?:Delivery\ to\ the\ following\ recipients?\ (?:failed|has\ been\ delayed)
           |Unable\ to\ deliver\ message\ to\ the\ following\ recipients?
           |Your\ message\ has\ been\ successfully\ relayed\ to\ the\ following\ recipients?)
           [^\n:]{{0,200}}(?:\n[^\n:]{{1,200}}){{0,2}}?\.)[ \t]*\n\s{{0,10}}
        (?P<list>(?:\n?[ \t]{{1,20}}{ADDRESS}[ \t]*){{1,1000}})$""",
    re.MULTILINE | re.VERBOSE,
)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient in the list of an IIS notice."""
    found = _LIST.search(notice.text)
    if not found:
        return ()
    say = " ".join(found["say"].split())
    action = (
        Action.DELAYED
        if "delayed" in say
        else Action.RELAYED
        if "relayed" in say
        else Action.FAILED
    )
    return unique(
        status_of("iis", notice, who, say, action=action) for who in found["list"].split()
    )
