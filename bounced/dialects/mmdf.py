"""MMDF, as on SCO Unix and at universities.

        Your message could not be delivered to
    'user@example.com (host: mx.example.com) (queue: smtp)' for the following
    reason:  ' No such user'

When it gives up, and when it warns, there is a list of addresses in the same form without reasons.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._classic import told
from bounced.dialects._entry import delayed, unique
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = (") (queue: ",)
_WHO = (
    r"(?P<who>[^\s'()][^'()\n]{0,320}?)\s{1,4}\(host: ?(?P<host>[^()\s]{0,255})\)"
    r"\s\(queue: ?\S{1,60}\)"
)
_ENTRY = re.compile(
    rf"could not be delivered to\s{{1,20}}'{_WHO}' for the following\s{{1,20}}"
    r"reason:\s{0,10}'(?P<reason>[^\n]{0,1000}(?:\n[^\n]{1,1000}){0,8}?)'[ \t]*$",
    re.MULTILINE,
)
_LISTED = re.compile(rf"^[ \t]{{1,20}}{_WHO}[ \t]*$", re.MULTILINE)
_AFTER = re.compile(r"After \d{1,4} days? \(\d{1,5} hours\)[^:.]{1,200}\.")
_LATER = re.compile(r"attempts are still pending|will\s{1,5}continue\s{1,5}for", re.IGNORECASE)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient of an MMDF notice."""
    if entries := list(_ENTRY.finditer(notice.text)):
        return unique(
            told("mmdf", notice, one["who"], one["reason"], remote=one["host"]) for one in entries
        )
    after = _AFTER.search(notice.text)
    if not after:
        return ()
    late = _LATER.search(notice.text) or delayed(notice)
    action = Action.DELAYED if late else Action.FAILED
    return unique(
        told("mmdf", notice, one["who"], after[0], action=action, remote=one["host"])
        for one in _LISTED.finditer(notice.text, after.end())
    )
