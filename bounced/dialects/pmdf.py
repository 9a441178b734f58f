"""PMDF and its heirs: Sun, iPlanet, Oracle Messaging Server.

    This report relates to a message you sent with the following header fields:

      Message-id: <1@example.org>
      ...

    Your message cannot be delivered to the following recipients:

      Recipient address: user@example.com
      Original address: user@example.com
      Reason: Remote SMTP server has rejected address
      Diagnostic code: smtp;550 5.1.1 User unknown
      Remote system: dns;mx.example.com (TCP|192.0.2.1|4732|192.0.2.2|25) (mx.example.com ESMTP)

The sentences are the templates return_failed.txt, return_delayed.txt and so on.
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._classic import told
from bounced.dialects._entry import address, one_line, spans, unique
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("recipient address:",)
_HEADING = re.compile(
    r"^Your message (?P<say>(?:can ?not be|is being|was|has been|could not be)\b"
    r"[^:\n]{1,300}(?:\n[^:\n]{1,300}){0,3})\brecipients?(?: \([^()]{1,200}\))?:",
    re.MULTILINE,
)
_START = re.compile(r"^[ \t]{1,8}Recipient address:[ \t]*(\S{1,320})[ \t]*$", re.MULTILINE)
_FIELD = re.compile(
    r"^[ \t]{1,8}(Original address|Reason|Diagnostic code|Remote system):[ \t]*"
    r"([^\n]{1,2000}(?:\n[ \t]{3,40}(?!Recipient address:|Original address:|Reason:"
    r"|Diagnostic code:|Remote system:)\S[^\n]{0,1000}){0,20})",
    re.MULTILINE,
)
_HISTORY = re.compile(r"TCP active open: [^\n]{1,300}")


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each block below the headings of the notice."""
    headings = list(_HEADING.finditer(notice.text))[:8]
    return unique(
        _status(notice, start, block, _action(one_line(heading["say"])))
        for heading, below in spans(headings, notice.text)
        for start, block in spans(list(_START.finditer(below)), below)
    )


def _action(say: str) -> Action:
    if "relayed" in say:
        return Action.RELAYED
    if "delivered" in say and "success" in say:
        return Action.DELIVERED
    return Action.DELAYED if say.startswith("has been enqueued") else Action.FAILED


def _status(notice: Notice, start: re.Match[str], block: str, action: Action) -> RecipientStatus:
    told_of = {name: one_line(value) for name, value in _FIELD.findall(block)}
    who, original = start[1], address(told_of.get("Original address", ""))
    # An address of a channel, such as user@ims-ms-daemon, is nobody's: pmdf/over-quota-local.eml
    if original and "." not in who.rpartition("@")[2]:
        who, original = original, None
    code = told_of.get("Diagnostic code", "").partition(";")
    history = _HISTORY.search(block)
    said = (told_of.get("Reason", ""), code[2] or code[0], history[0] if history else "")
    kind, _, host = told_of.get("Remote system", "").partition(";")
    return told(
        "pmdf",
        notice,
        who,
        ": ".join(filter(None, said)),
        action=action,
        remote=host.split()[0] if kind == "dns" and host.split() else None,
        original=original,
    )
