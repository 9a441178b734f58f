"""Zoho Mail.

    A message that you sent could not be delivered to one or more of its recipients. ...

    user@example.com Invalid Address, ERROR_CODE :550, ERROR_CODE :5.1.1 User unknown

Since 2019 it is one code: ``user@example.com, ERROR CODE :550 - 5.1.1 User unknown``.  A delay has
``[Status: Error, Address: <user@example.com>, ResponseCode 421, , Host not found.]``.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._entry import ADDRESS, delayed, status_of, unique
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("error_code", "error code :", "responsecode")
_ENTRY = re.compile(
    rf"""^(?:(?P<who>{ADDRESS})\ [\w\ ]{{1,40}},
             \ ERROR_CODE\ ?:(?P<code>\d{{3}})?,\ ERROR_CODE\ ?:,?(?P<text>.*)
        |(?P<new>{ADDRESS})(?:\ [\w\ ]{{1,40}})?,\ ERROR[ _]CODE\ ?:
             (?P<one>\d{{3}})?(?:\ -)?(?P<told>.*)
        |\[Status:\ \w{{1,20}},\ Address:\ <(?P<to>{ADDRESS})>,
             \ ResponseCode\ (?P<reply>\d{{3}})?[\ ,]{{0,6}}(?P<say>.*?)\]
        )[ \t]*$""",
    re.MULTILINE | re.VERBOSE,
)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient of a Zoho notice."""
    action = Action.DELAYED if delayed(notice) else Action.FAILED
    return unique(_status(notice, entry, action) for entry in _ENTRY.finditer(notice.text))


def _status(notice: Notice, entry: re.Match[str], action: Action) -> RecipientStatus:
    code = entry["code"] or entry["one"] or entry["reply"] or ""
    text = entry["text"] or entry["told"] or entry["say"] or ""
    reply = f"{code} {text.strip()}".strip()
    return status_of(
        "zoho",
        notice,
        entry["who"] or entry["new"] or entry["to"],
        entry[0],
        action=action,
        reply=reply if code else None,
    )
