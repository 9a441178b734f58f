"""Cisco IronPort, now Cisco Secure Email Gateway (AsyncOS).

    The following message to <user@example.com> was undeliverable.
    The reason for the problem:
    5.1.0 - Unknown address error 550-'5.1.1 <user@example.com>... User unknown'

In front stands AsyncOS's own class, in quotes what the other server said, of several lines as a
list.  The same words make the Diagnostic-Code where delivery statuses are switched on.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._entry import ADDRESS, delayed, one_line, status_of, unique
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("the reason for the problem:",)
_NOTICE = re.compile(
    rf"^The following message to (?P<list><?{ADDRESS}>?(?:,\s{{0,4}}<?{ADDRESS}>?){{0,100}})"
    r"\s{1,4}(?P<say>(?:was|is|has)\s[^.:]{1,60})\.\s{1,10}"
    r"The reason for the problem:\s{1,10}(?P<reason>\S[^\n]{0,2000}(?:\n[^\n]{1,1000}){0,10})",
    re.MULTILINE,
)
_ADDRESS = re.compile(ADDRESS)
_SAID = re.compile(r"(?:^|[\s(])([245]\d\d)-(\[?['\"].{1,3000})")
_LINES = re.compile(r"', ?'|\", ?\"")


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient of an AsyncOS notice."""
    late = delayed(notice)
    return unique(
        status_of(
            "ironport",
            notice,
            who,
            reason,
            action=Action.DELAYED if late or "delayed" in entry["say"] else Action.FAILED,
            reply=_reply(reason),
        )
        for entry in _NOTICE.finditer(notice.text)
        for reason in (one_line(entry["reason"]),)
        for who in _ADDRESS.findall(entry["list"])
    )


def _reply(reason: str) -> str | None:
    """Return what the other server said: its code stands before the quotes."""
    said = _SAID.search(reason)
    return f"{said[1]} {_LINES.sub(' ', said[2]).strip('[]')[1:].rstrip(chr(39))}" if said else None
