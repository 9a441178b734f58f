"""MX (Message Exchange) for VMS.

    Note: this message was generated automatically.

    A problem occurred during SMTP delivery of your message.

    Error occurred sending to the following user(s):
      <user@example.com> (via mx.example.com):
            %MX_SMTP-F-NO_SUCH_USER, no such user

Written by each of its delivery agents: SMTP, local, DECnet, site.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._classic import told
from bounced.dialects._entry import HOST, delayed, unique
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("sending to the following user(s):",)
_HEADING = re.compile(r"^Errors? occurred sending to the following user\(s\):[ \t]*$", re.MULTILINE)
_ENTRY = re.compile(
    rf"""^[ \t]{{1,8}}<?(?P<who>[^<>\s]{{1,320}}?)>?(?:[ ]\(via[ ](?P<host>{HOST})\))?:[ \t]*
        (?P<reason>(?:\n[ \t]{{4,40}}(?!<[^<>\s]{{1,320}}>)\S[^\n]{{0,1000}}){{0,20}})$""",
    re.MULTILINE | re.VERBOSE,
)
_END = re.compile(r"^(?:Transcript|Message follows)", re.MULTILINE)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each user of the list."""
    heading = _HEADING.search(notice.text)
    if not heading:
        return ()
    end = _END.search(notice.text, heading.end())
    text = notice.text[heading.end() : end.start() if end else None]
    action = Action.DELAYED if delayed(notice) else Action.FAILED
    return unique(
        told("vmsmx", notice, one["who"], one["reason"], action=action, remote=one["host"])
        for one in _ENTRY.finditer(text)
    )
