"""Courier MTA.

                               UNDELIVERABLE MAIL

    Your message to the following recipients cannot be delivered:

    <user@example.com>:
         mx.example.com [192.0.2.1]:
         >>> RCPT TO:<user@example.com>
         <<< 550 User unknown.

Written by courier/module.dsn/dsn.c; delayed mail has the heading "DELAYED MAIL".
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._entry import HOST, address, one_line, spans, status_of, unique
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("delivery status notification from", "courier mail server")
_SIGN = re.compile(
    r"^(?:This is a delivery status notification from|running the Courier mail server)",
    re.MULTILINE,
)
_HEADING = re.compile(
    r"^[ \t]{0,60}(UNDELIVERABLE|DELAYED|DELIVERED|RELAYED) MAIL[ \t]*$", re.MULTILINE
)
_ENTRY = re.compile(
    r"^<([^<>\s]{1,320})>:[ \t]*"
    r"((?:\n[ \t]*(?:[^\s<>-][^\n]{0,1000}|(?:>>>|<<<)[^\n]{0,1000})){0,40})",
    re.MULTILINE,
)
_HOST = re.compile(rf"^\s{{0,80}}({HOST}) \[[^\]\s]{{1,100}}\]:", re.MULTILINE)
_SAID = re.compile(r"<<< ?(.*)")
_ACTIONS = {
    "UNDELIVERABLE": Action.FAILED,
    "DELAYED": Action.DELAYED,
    "DELIVERED": Action.DELIVERED,
    "RELAYED": Action.RELAYED,
}


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient under the headings of a Courier notice."""
    if not _SIGN.search(notice.text):
        return ()
    headings = list(_HEADING.finditer(notice.text))[:8]
    return unique(
        _status(notice, entry, _ACTIONS[heading[1]])
        for heading, below in spans(headings, notice.text)
        for entry in _ENTRY.finditer(below)
    )


def _status(notice: Notice, entry: re.Match[str], action: Action) -> RecipientStatus:
    host, said = _HOST.search(entry[2]), one_line(" ".join(_SAID.findall(entry[2])))
    return status_of(
        "courier",
        notice,
        address(entry[1]),
        said or entry[2],
        action=action,
        reply=said if said[:3].isdigit() else None,
        remote=host[1] if host else None,
        hidden=entry[1],
    )
