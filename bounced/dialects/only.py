"""The only address in a notice that says that mail failed, whatever its words are.

    Hello! Something went wrong with the mail below.
    user@example.com      see the log

Last resort for systems that nobody knows: taken only where nobody else is named who could be meant,
and marked with a defect.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from bounced.dialects._blame import (
    FOUND,
    asks,
    blamable,
    conditional,
    correspondents,
    machine,
    own,
    sentences,
    torn,
)
from bounced.dialects._entry import one_line
from bounced.dialects._failing import REPLY, action_of, failing, late, looks_failing, robot, told
from bounced.dialects._lexicon import role
from bounced.model import Action, Defect, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("@",)
_DEFECT: Final = Defect(field="address", text="the only one in the notice")
_WORD = re.compile(r"[^\W\d_]{2,40}")
_WORDS = 3  # beside the address; a line with fewer is an item
_NEXT = 6  # sentences
_REASON = 1_000  # characters


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for the only address that the notice's own words may mean."""
    if "@" not in notice.text or not looks_failing(notice) or not robot(notice):
        return ()
    said = sentences(own(notice.text))
    found = _foreign(said, correspondents(notice))
    if len(found) != 1 or not failing(notice):
        return ()
    ((who, number),) = found.values()
    if _beside(said, number, who):
        return ()
    near = " ".join(said[number : number + _NEXT])
    reason = near if REPLY.search(near) else one_line(notice.text)[:_REASON]
    status = told("only", notice, who, reason, Action.DELAYED if late(notice) else Action.FAILED)
    return (replace(status, defects=(*status.defects, _DEFECT)),)


def _beside(said: tuple[str, ...], number: int, who: str) -> bool:
    """Whether the sentence about *who* stands below that of the failure, and tells of neither.

    "The account is closed. You can reach us at new@example.net": whoever it is has not failed.
    """
    sentence = said[number]
    words = _WORD.findall(sentence.replace(who, " "))
    if len(words) < _WORDS or action_of(sentence) or REPLY.search(sentence):
        return False
    return any(action_of(one) for one in said[:number])


def _foreign(said: tuple[str, ...], others: frozenset[str]) -> dict[str, tuple[str, int]]:
    """Return who is named and may be meant, each with the number of the first such sentence."""
    found: dict[str, tuple[str, int]] = {}
    for number, sentence in enumerate(said):
        if "@" not in sentence or asks(sentence) or conditional(sentence):
            continue
        start = 0
        for one in FOUND.finditer(sentence):
            before, start = sentence[start : one.start()], one.end()
            label = role(before.rstrip(" <\"'").removesuffix(":"))
            if label in ("to", "sender") or machine(one[0]) or torn(sentence, *one.span()):
                continue
            if blamable(one[0], before, others):
                found.setdefault(one[0].lower(), (one[0], number))
    return found
