"""chasquid: for the reasons, where its status part was lost.

    Delivery of your message to the following recipient(s) failed permanently:

      - user@example.com

    Technical details:
    - "user@example.com" (EMAIL) failed permanently with error:
        550 5.1.1 User unknown

The list names whom the message was sent to, the details whom an alias led to.  Written from the
template in internal/queue/dsn.go.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._entry import ADDRESS, address, one_line, spans, status_of, unique
from bounced.dialects._failing import looks_failing
from bounced.model import RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("recipient(s) failed permanently:",)
_SIGN = re.compile(
    r"^Delivery of your message to the following recipient\(s\) failed permanently:"
    rf"\s{{1,9}}((?:- {ADDRESS}\s{{1,9}}){{1,1000}})",
    re.MULTILINE,
)
_ENTRY = re.compile(
    r'^- "([^"\n]{1,320})" \(\w{1,12}\) failed [\w ,]{1,60} error:[ \t]*\n', re.MULTILINE
)
_REPLY = re.compile(r"[245]\d\d[ -]")


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient in the technical details."""
    sign = _SIGN.search(notice.text)
    if not sign or not looks_failing(notice):
        return ()
    listed = sign[1].replace("- ", " ").split()
    found = []
    for entry, below in spans(list(_ENTRY.finditer(notice.text, sign.end())), notice.text):
        reason = one_line(below)
        # A program or a local name stands for the one address that led to it.
        who = address(entry[1]) or (listed[0] if len(listed) == 1 else None)
        reply = reason if _REPLY.match(reason) else None
        found.append(status_of("chasquid", notice, who, reason, reply=reply, hidden=entry[1]))
    return unique(found)
