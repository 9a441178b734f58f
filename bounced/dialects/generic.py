"""The shape that most notices share: a sentence that delivery failed, then addresses with reasons.

    Unable to deliver message to the following recipients:

    <user@example.com>: 550 User unknown

For systems without a reader of their own, in any language.  It would rather find nothing than name
the wrong one: the sentence must stand just above the first address, or a reply right behind it.
"""

from __future__ import annotations

from typing import Final

from bounced.dialects._blame import asks, correspondents, own
from bounced.dialects._entry import one_line, paragraphs, unique
from bounced.dialects._failing import REPLY, late, looks_failing, told
from bounced.dialects._lists import Item, listed
from bounced.dialects.transcript import refused
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("@",)
_LINES = 1_500
_DETAILS = 2_000  # characters


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each address under a sentence that says that delivery failed."""
    if "@" not in notice.text or not looks_failing(notice):
        return ()
    lines = own(notice.text).split("\n", _LINES)[:_LINES]
    found = list(listed(notice, lines, correspondents(notice)))
    if not found:
        return ()
    replies = refused(notice.text) if "rcpt to" in notice.text.lower() else {}
    kinds = {item.action for item in found} - {Action.DELIVERED}
    waits = kinds == {Action.FAILED} and late(notice)
    return unique(
        told(
            "generic",
            notice,
            item.who,
            item.reason or replies.get(item.who, "") or behind,
            Action.DELAYED if waits and item.action is Action.FAILED else item.action,
        )
        for item, behind in zip(found, _details(lines, found), strict=True)
    )


def _details(lines: list[str], found: list[Item]) -> list[str]:
    """Return for each item what stands behind it, or behind the list that it is in."""
    told_once: list[str] = []
    end = len(lines)
    for item in reversed(found):
        here = "\n".join(lines[item.end : end])[:_DETAILS]
        told_once.append(_reason(here) if here.strip() else (told_once or [""])[-1])
        end = item.line
    if not any(map(REPLY.search, told_once)):
        above = (line.strip() for line in lines[: found[0].line])
        reply = next((line for line in above if REPLY.search(line)), "")
        told_once = [reply or one for one in told_once]
    return told_once[::-1]


def _reason(text: str) -> str:
    """Return the paragraphs of *text* up to a reply, or to a help desk."""
    details = ""
    for part in map(one_line, paragraphs(text)):
        reply = REPLY.search(part)
        if asks(part) and not reply:
            break
        details += f" {part}"
        if reply:
            break
    return details.strip().lstrip("\"'>])=-* ")
