"""XMail.

    [<00>] XMail bounce: Rcpt=[user@example.com];Error=[550 5.1.1 User unknown]

    [<01>] Error sending message [1108023956432.1081.mx] from [mx.example.org].

    ID:        <S1A2B>
    Mail From: <news@example.org>
    Rcpt To:   <user@example.com>
    Server:    <mail.example.com>

    [<02>] The reason of the delivery failure was:

    550 5.1.1 User unknown

Written by USmlNotify... in SMAILUtils.cpp; the line for programs came with XMail 1.18.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._classic import told
from bounced.dialects._entry import HOST, paragraphs
from bounced.model import RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("xmail bounce: rcpt=", "[<02>] the reason of")
_LINE = re.compile(
    r"^\[<00>\] XMail bounce: Rcpt=\[([^\[\]\s]{1,320})\];Error=\[([^\n]{0,2000})\][ \t]*$",
    re.MULTILINE,
)
_RCPT = re.compile(r"^Rcpt To:[ \t]{1,8}<([^<>\s]{1,320})>", re.MULTILINE)
_SERVER = re.compile(rf"^Server:[ \t]{{1,8}}<({HOST})>", re.MULTILINE)
_REASON = re.compile(r"^\[<02>\] The reason of the delivery failure was:", re.MULTILINE)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return the one recipient of an XMail notice."""
    line, rcpt = _LINE.search(notice.text), _RCPT.search(notice.text)
    reason = _REASON.search(notice.text)
    if not (line or (rcpt and reason)):
        return ()
    who = line or rcpt
    server = _SERVER.search(notice.text)
    said = next(paragraphs(notice.text[reason.end() :]), "") if reason else line[2] if line else ""
    return (
        told(
            "xmail",
            notice,
            who[1] if who else "",
            said,
            remote=server[1] if server and "." in server[1] else None,
        ),
    )
