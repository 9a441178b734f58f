"""qmail, netqmail, notqmail, qmail-ldap, and those who keep its form (Yahoo, Sina, Untd, SBC).

    Hi. This is the qmail-send program at mail.example.org.
    I'm afraid I wasn't able to deliver your message to the following addresses.

    <user@example.com>:
    192.0.2.1 does not like recipient.
    Remote host said: 550 5.1.1 User unknown
    Giving up on 192.0.2.1.

The form is QSBMF (cr.yp.to/proto/qsbmf.txt): the first paragraph says who writes and why, then
comes a paragraph for each recipient.  Written by injectbounce() in qmail-send.c, the reasons by
qmail-remote.c.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._entry import address, delayed, one_line, paragraphs, status_of, unique
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = (
    "hi. this is the ",
    "qmail-send",
    "able to deliver",
    "was not delivered to the following",
    "message from ",
    "could not be delivered",
    "邮件无法发送",
    "投递失败",
)
_GREETING = re.compile(
    r"^[ \t]{0,4}Hi\. This is the |^[^\n]{0,100}\bqmail-send\b"
    r"|wasn't able to deliver|not able to deliver your (?:message|mail)"
    r"|unable to deliver (?:your )?message to the following"
    r"|was not delivered to the following address"
    r"|^Message from \S{1,255}$|your (?:message|mail) could not be delivered"
    r"|邮件无法发送到您指定的地址|投递失败",
    re.IGNORECASE | re.MULTILINE,
)
_ENTRY = re.compile(r"[ \t]{0,2}\"?<([^<>\s]{1,320})>\"?:[ \t]*(?:\n(.*))?", re.DOTALL)
_HEAD = re.compile(r"^[ \t]{0,2}\"?<[^<>\s]{1,320}>\"?:[ \t]*$", re.MULTILINE)
_SAID = re.compile(
    r"(?:^|\b(?:remote host(?: [\w.:-]{1,255})?|host [\w.-]{1,255}) said: ?)"
    r"([245]\d\d(?:[ :-].*)?$)",
    re.IGNORECASE,
)
# What qmail-remote and qmail-send add behind the reply of the other server.
_TAIL = re.compile(
    r"/?(?:\bGiving up on [^\s]{1,255}|\bI(?:'m| am) not going to try again[;,].{0,80}"
    r"|\(Other MXes tried:.{0,1000}|\bSTARTTLS proto=.{0,300})\s*$",
    re.IGNORECASE,
)
_HOST = re.compile(
    r"(?:From: <[^<>]{0,320}> RCPT: <[^<>]{0,320}> )?"  # a patch in use at Japanese providers
    r"(?:Connected to |User and password not set, continuing without authentication\. "
    r"<[^<>]{0,320}> |.{0,100}\bremote host )?((?:[\w-]{1,63}\.){1,20}[\w-]{1,63}) "
    r"(?:does not like|failed after|but |said:)"
)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient paragraph of a notice in qmail's form."""
    greeting = _GREETING.search(notice.text)
    if not greeting:
        return ()
    action = Action.DELAYED if delayed(notice) else Action.FAILED
    found = []
    text = notice.text[greeting.start() :]
    if "\n\n" not in text.strip():  # HTML, or a relay that leaves out blank lines
        text = _HEAD.sub(r"\n\g<0>", text)
    for part in paragraphs(text):
        if part.startswith("---"):  # QSBMF's break paragraph: what follows is the message
            break
        if entry := _ENTRY.fullmatch(part):
            found.append(_status(notice, entry[1], one_line(entry[2] or ""), action))
    return unique(found)


def _status(notice: Notice, shown: str, reason: str, action: Action) -> RecipientStatus:
    short = reason
    while tail := _TAIL.search(short):
        short = short[: tail.start()].rstrip()
    said, host = _SAID.search(short), _HOST.match(short)
    return status_of(
        "qmail",
        notice,
        address(shown),
        reason,
        action=action,
        reply=said[1] if said else None,
        remote=host[1] if host else None,
        hidden=shown,
    )
