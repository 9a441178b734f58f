"""amavisd-new, and the appliances built on it: its notices to the sender, in English.

    A message from <sender@example.org> to:
    -> user@example.com

    was considered unsolicited bulk e-mail (UBE).

Banned files and viruses: "Our content checker found ... in email presumably from you ... to the
following recipient: -> user@example.com".  What the next MTA refused stands under "The message WAS
NOT relayed to:".  Where there is a delivery status, it knows the same recipients.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bounced.dialects._entry import ADDRESS, one_line, spans, status_of, unique
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = (
    "unsolicited bulk e-mail",
    "our content checker found",
    "relayed to:",
)
_BULK = re.compile(
    rf"^(?:A message from [^\n]{{0,400}}|Your message)\s{{1,4}}to:[ \t]*\n"
    rf"(?P<list>(?:[ \t]{{0,4}}->[ \t]{{0,4}}<?{ADDRESS}>?[ \t]*\n){{1,500}})\n?"
    r"(?P<reason>was considered unsolicited bulk e-mail[^\n]{0,100})",
    re.MULTILINE,
)
_FOUND = re.compile(
    r"^Our content checker found[ \t]*\n(?P<reason>(?:[ \t]{1,8}+[^\n]{1,500}+\n){1,20}+)\n?"
    r"in (?:an )?e-?mail presumably from[^\n]{0,400}\n(?:[^\n:]{0,400}\n)?"
    r"[^\n:]{0,40}to the following recipients?:[ \t]*\n"
    rf"(?P<list>(?:[ \t]{{0,4}}->[ \t]{{0,4}}<?{ADDRESS}>?[ \t]*(?:\n|$)){{1,500}})",
    re.MULTILINE,
)
_RELAYED = re.compile(r"^The message WAS( NOT)? (?:relayed|delivered) to:[ \t]*$", re.MULTILINE)
_ENTRY = re.compile(
    rf"^[ \t]{{1,4}}<({ADDRESS})>:?"
    r"(?P<text>[^\n]{0,300}(?:\n[ \t]{3,8}[^\s<][^\n]{0,500}){0,12})",
    re.MULTILINE,
)
# 550 5.1.1 Failed, id=00001-02, from MTA([127.0.0.1]:10025): 550 5.1.1 ...: the last is the reason.
_FROM_MTA = re.compile(r"from MTA\([^()\s]{0,100}\): ?(?=[245]\d\d)")
_SAID = re.compile(r"\bsaid: ?(?=[245]\d\d)|^(?=[245]\d\d )")
_ADDRESS = re.compile(ADDRESS)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each recipient of an amavisd-new notice."""
    stopped = _BULK.search(notice.text) or _FOUND.search(notice.text)
    if stopped:
        reason = one_line(stopped["reason"])
        found = _ADDRESS.findall(stopped["list"])
        return unique(status_of("amavis", notice, who, reason) for who in found)
    return unique(_relayed(notice))


def _relayed(notice: Notice) -> Iterator[RecipientStatus]:
    for heading, below in spans(list(_RELAYED.finditer(notice.text)), notice.text):
        action = Action.FAILED if heading[1] else Action.RELAYED
        for entry in _ENTRY.finditer(below.partition("\n\n")[0]):
            text = one_line(entry["text"])
            said = text
            for pattern in (_SAID, _FROM_MTA):
                said = pattern.split(said, maxsplit=1)[-1]
            reply = said if said[:3].isdigit() else None
            yield status_of("amavis", notice, entry[1], text, action=action, reply=reply)
