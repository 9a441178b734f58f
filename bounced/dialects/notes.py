"""Lotus Notes R3 and R4: its SMTP gateway.

    ------- Failure Reasons  --------

    User not listed in public Name & Address Book
    user@example.com

    ------- Returned Message --------

The headings stay English where the reasons are translated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bounced.dialects._classic import told
from bounced.dialects._entry import address, unique
from bounced.model import RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("- failure reasons ",)
_LIST = re.compile(
    r"^-{3,10} Failure Reasons {1,3}-{3,10}[ \t]*((?:\n(?!---)[^\n]{0,1000}){0,500})",
    re.IGNORECASE | re.MULTILINE,
)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each line that is an address, with the reason above it."""
    found = _LIST.search(notice.text)
    if not found:
        return ()
    lines = [line.strip() for line in found[1].split("\n") if line.strip()]
    entries = list(_entries(lines))
    if not entries and lines:  # who is meant has a name and no address: notes/japanese-name.eml
        entries = [(lines[-1], " ".join(lines[:-1]) or lines[-1])]
    return unique(told("notes", notice, who, reason) for who, reason in entries)


def _entries(lines: list[str]) -> Iterator[tuple[str, str]]:
    reason, listing = "", False
    for line in lines:
        if address(line):
            yield line, reason
        else:
            reason = line if listing else f"{reason} {line}"
        listing = bool(address(line))
