"""PP and its heirs (Isode, Nexor, Isocor): gateways between X.400 and the Internet.

Your message was not delivered to:
        user@example.com
for the following reason:
Diagnostic was Unable to transfer, -1
Information MTA '192.0.2.1' gives error message 5.7.1 Unable to relay
"""

from __future__ import annotations

import re
from typing import Final

from bounced.dialects._classic import told
from bounced.dialects._entry import unique
from bounced.model import RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("this report relates to your message:",)
_SIGN = re.compile(r"^[ \t]{0,4}This report relates to your message:", re.MULTILINE)
_ENTRY = re.compile(
    r"^Your message was not delivered to:?[ \t]*\n[ \t]{1,20}(?P<who>\S[^\n]{0,500}?)[ \t]*\n"
    r"for the following reasons?:[ \t]*\n(?P<reason>[^\n]{1,1000}(?:\n[^\n]{1,1000}){0,20})",
    re.MULTILINE,
)
_NAMED = re.compile(r"^(?:Diagnostic was|Information) ", re.MULTILINE)
_NUMBER = re.compile(r", -?\d{1,4}$", re.MULTILINE)
_SAID = re.compile(r"\bgives error message ")


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient of a delivery report of X.400."""
    if not _SIGN.search(notice.text):
        return ()
    return unique(
        told("pp", notice, entry["who"], _reason(entry["reason"]))
        for entry in _ENTRY.finditer(notice.text)
    )


def _reason(text: str) -> str:
    text = _NAMED.sub("", _NUMBER.sub("", text))
    said = _SAID.search(text)
    return text[said.end() :] if said else text
