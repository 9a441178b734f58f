"""Momentum (Message Systems, SparkPost), which called itself Ecelerity.

    This message was created automatically by the mail system (ecelerity).

    A message that you sent could not be delivered to one or more of its
    recipients. This is a permanent error. The following address(es) failed:

    >>> user@example.com (after RCPT TO): 550 5.1.1 User unknown

Exim's words, but an entry of its own, with the stage in parentheses.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._entry import ADDRESS, address, delayed, one_line, status_of, unique
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("(ecelerity)", "by the mail system (")
_SIGN = re.compile(r"created automatically by the mail system \(\w{2,40}\)", re.IGNORECASE)
_ENTRY = re.compile(
    rf"^[ \t]{{0,4}}>>> <?(?P<who>{ADDRESS})>? \((?P<stage>[^()\n]{{1,80}})\):[ \t]*"
    r"(?P<say>[^\n]{0,1000}(?:\n(?![ \t]{0,4}>>>|-)[ \t]*\S[^\n]{0,1000}){0,20})",
    re.MULTILINE,
)
_DELAY = re.compile(r"not (?:yet )?been delivered(?: yet)?", re.IGNORECASE)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each entry of a Momentum notice."""
    if not _SIGN.search(notice.text):
        return ()
    late = _DELAY.search(notice.text) or delayed(notice)
    return unique(
        _status(notice, entry, Action.DELAYED if late else Action.FAILED)
        for entry in _ENTRY.finditer(notice.text)
    )


def _status(notice: Notice, entry: re.Match[str], action: Action) -> RecipientStatus:
    say = one_line(entry["say"])
    return status_of(
        "momentum",
        notice,
        address(entry["who"]),
        say or entry["stage"],
        action=action,
        reply=say if re.match(r"[245]\d\d(?:[ -]|$)", say) else None,
    )
