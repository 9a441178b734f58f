"""The only address in a notice that says that mail failed, whatever its words are.

    Hello! Something went wrong with the mail below.
    user@example.com      see the log

Last resort for systems that nobody knows: taken only where nobody else is named who could be meant,
and marked with a defect.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bounced.dialects._entry import delayed, one_line
from bounced.dialects._failing import (
    FOUND,
    REPLY,
    asks,
    blamable,
    correspondents,
    failing,
    late,
    looks_failing,
    machine,
    own,
    robot,
    sentences,
    told,
)
from bounced.dialects._lexicon import role
from bounced.model import Action, Defect, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("@",)
_DEFECT: Final = Defect(field="address", text="the only one in the notice")
_SENTENCES = 300


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for the only address that the notice's own words may mean."""
    if not looks_failing(notice) or not robot(notice) or not failing(notice):
        return ()
    others = correspondents(notice)
    said = sentences(own(notice.text))
    found: dict[str, tuple[str, str]] = {}
    for number, sentence in enumerate(said[:_SENTENCES]):
        start = 0
        for one in FOUND.finditer(sentence) if "@" in sentence else ():
            before, start = sentence[start : one.start()], one.end()
            if one[0].lower() in others:
                continue
            label = role(before.rstrip(" <\"'").removesuffix(":"))
            if label in ("to", "sender") or asks(sentence) or machine(one[0]):
                continue
            if blamable(one[0], before, others):
                found.setdefault(one[0].lower(), (one[0], " ".join(said[number : number + 6])))
    if len(found) != 1:
        return ()
    ((who, near),) = found.values()
    reason = near if REPLY.search(near) else one_line(notice.text)[:1_000]
    action = Action.DELAYED if late(notice) or delayed(notice) else Action.FAILED
    status = told("only", notice, who, reason, action)
    return (replace(status, defects=(*status.defects, _DEFECT)),)
