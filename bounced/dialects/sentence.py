"""A sentence with the address as its object.

    Unknown user: user@example.com
    Could not be delivered to: <user@example.com>
    Failed to deliver to 'user@example.com'

IMail, InterScan, KDDI, CommuniGate Pro, Dovecot, Postal, maddy and many a home-made gateway write
so.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._entry import ADDRESS, delayed, unique
from bounced.dialects._failing import correspondents, looks_failing, told
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ()  # the same
_AGAIN = (
    r"[ \t]{0,8}(?:unknown\ user|recipient|rcpt\ to:|undeliverable\ to|invalid\ final"
    r"|delivery\ to)\b"
)
_OBJECT = re.compile(
    rf"""^[^\n@]{{0,120}}?\b(?:unknown\ user:|undeliverable\ to|invalid\ final\ delivery\ userid:
          |user\ mailbox\ exceeds\ allowed\ size:|delivery\ failed\ \d{{1,5}}\ attempts:
          |(?:could\ not\ be|cannot\ be|failed\ to|unable\ to)\ deliver(?:ed)?
             (?:\ (?:your\ )?message)?\ to:?
          |did\ not\ reach\ the\ following\ recipient:|target\ mail\ address:
          |delivery\ of\ e?mail\ to\ this\ address\s{{1,4}}(?=[^\n]{{1,330}}\s{{1,4}}has\ failed)
          |your\ message\ to:?(?=[^\n]{{1,330}}\s(?:was|has\ been)\ (?:automatically\ )?
             (?:rejected|blocked))
          |delivery\ to(?=[^\n]{{1,330}}\sfailed\ with\ error:)
          |message\ you(?:'ve|\ have)?\ sent\ to
             (?=[^\n]{{1,330}}\s(?:cannot|could\ not)\ be\ delivered)
          |recipient:(?=[^\n]{{1,330}}\n[ \t]{{0,20}}>>>)
          |rcpt\ to:(?=[^\n]{{1,330}}\n[^\n]{{0,20}}[<>]{{3}}\ [45]\d\d))
        [ ]{{0,2}}["'<]{{0,2}}(?P<who>{ADDRESS})["'>]{{0,2}}
        (?P<rest>.{{0,300}}(?:\n[ \t]*\n?(?!{_AGAIN})[^\n]{{1,500}}){{0,6}})""",
    re.IGNORECASE | re.VERBOSE | re.MULTILINE,
)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each address that a sentence says was not delivered to."""
    if not looks_failing(notice):
        return ()
    others = correspondents(notice)
    action = Action.DELAYED if delayed(notice) else Action.FAILED
    return unique(
        told("sentence", notice, entry["who"], entry["rest"].lstrip(" :.,\n"), action)
        for entry in _OBJECT.finditer(notice.text)
        if entry["who"].lower() not in others
    )
