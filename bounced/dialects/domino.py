"""Lotus Domino, HCL Domino.

Your message

  Subject: Hello

was not delivered to:

  user@example.com

because:

  User user (user@example.com) not listed in Domino Directory

Language packs translate the sentence around it and not its layout: what, to whom, why, each in a
paragraph of its own.  There a mark of Domino must stand elsewhere in the notice.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._entry import address, one_line, status_of, unique
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = (
    "delivered to:",
    "x-mimetrack",
    "x-notes-item",
    "domino",
    "name & address book",
    "delivery failure:",
)
_WHO = r"(?P<who>\S[^\n]{0,320}(?:\n[ \t]{1,20}\S[^\n]{0,320}){0,50})\n\s{0,10}"
_WHY = r"(?P<reason>\S[^\n]{0,1000}(?:\n[ \t]{1,10}\S[^\n]{0,1000}){0,10})"
_ENTRY = re.compile(
    r"^(?:was not|has not (?:yet )?been|could not be) delivered to:[ \t]*\n\s{0,10}"
    rf"{_WHO}because:[ \t]*\n\s{{0,10}}{_WHY}",
    re.MULTILINE,
)
_ANY = re.compile(
    rf"""^[^\s:\uff1a][^\n:\uff1a]{{2,60}}\n
        \s{{1,4}}[ \t]{{1,4}}[^\s:\uff1a][^\n:\uff1a]{{0,20}}[:\uff1a][^\n]{{0,500}}\n
        \s{{1,4}}[^\s:\uff1a][^\n:\uff1a]{{2,80}}[:\uff1a][ \t]*\n\s{{1,4}}{_WHO}
        [^\s:\uff1a][^\n:\uff1a]{{1,40}}[:\uff1a][ \t]*\n\s{{1,4}}{_WHY}""",
    re.MULTILINE | re.VERBOSE,
)
_MARK = re.compile(r"\bdomino\b|name & address book|Lotus Notes", re.IGNORECASE)
_MARKS: Final = ("X-MIMETrack", "X-Notes-Item")
_DELAY = re.compile(r"^(?:has not (?:yet )?been delivered)|^DELIVERY DELAY", re.IGNORECASE)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient of a Domino notice."""
    entries = list(_ENTRY.finditer(notice.text))
    if not entries and _marked(notice):
        entries = list(_ANY.finditer(notice.text))[:1]
    late = _DELAY.search(notice.subject)
    return unique(
        status_of(
            "domino",
            notice,
            address(who),
            one_line(entry["reason"]),
            action=Action.DELAYED if late or _DELAY.match(entry[0]) else Action.FAILED,
            hidden=who,
        )
        for entry in entries
        for who in entry["who"].split("\n")
    )


def _marked(notice: Notice) -> bool:
    names = any(name in notice.headers for name in _MARKS)
    return names or bool(_MARK.search(notice.text) or _MARK.search(notice.subject))
