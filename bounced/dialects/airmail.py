"""AOL's AIRmail, which refused for what its members had chosen.

    Sorry sender@example.org. Your mail to the following recipients could not be delivered because
    they are not accepting mail with attachments or embedded images:
            screenname

Screen names are accounts, not addresses: they are shown, and not completed.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._entry import address, one_line, status_of, unique
from bounced.model import RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("your mail to the following recipients could not be delivered because",)
_NOTICE = re.compile(
    r"\bYour mail to the following recipients could not be delivered because"
    r"(?P<reason>[^:]{1,300}):[ \t]*\n(?P<list>(?:[ \t]{1,12}[^\s:]{1,320}[ \t]*(?:\n|$)){1,500})"
)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each member in the list."""
    found = _NOTICE.search(notice.text)
    if not found:
        return ()
    reason = one_line(found["reason"])
    return unique(
        status_of("airmail", notice, address(who), reason, hidden=who)
        for who in found["list"].split()
    )
