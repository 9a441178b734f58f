"""The shape that most notices share: a sentence that delivery failed, then addresses with reasons.

    Unable to deliver message to the following recipients:

    <user@example.com>: 550 User unknown

For systems without a reader of their own.  It would rather find nothing than name the wrong one:
the sentence must stand just above the address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from bounced.dialects._entry import (
    ADDRESS,
    delayed,
    one_line,
    paragraphs,
    unique,
)
from bounced.dialects._failing import CONTACT, REPLY, correspondents, looks_failing, told
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ()  # anything that looks like a failure
_FAILED = re.compile(
    r"(?:could|can|was|were|is|has|have)(?: ?not|n't) (?:be |been )?(?:deliver|reach|sen[dt]\b)"
    r"|(?:unable|not able|failed|trying|attempting) to (?:deliver|send)|undeliver"
    r"|failed (?:recipient|address)|account is disabled|delivery failure notification"
    r"|(?:recipients?|address(?:es)?)(?:\((?:s|es)\))? [\w ]{0,30}(?:fail|reject|error|affected)"
    r"|deli?e?very to the following [\w ]{0,20} failed|送信に失敗",
    re.IGNORECASE,
)
_ITEM = re.compile(
    rf"""[ \t|]{{0,20}}(?:[*•>-]{{1,3}}[ ])?
        (?:(?:failed[ ]|original[ ])?recipient(?:[ ]address)?:?[ ]|address:[ ])?
        ["'<\[]{{0,2}}(?:smtp:)?(?P<who>{ADDRESS})["'>\]]{{0,3}}
        (?:[ \t]*[:;,]?[ \t]*$|(?::|[ ]?\.\.\.|[ ][-=][ ])[ \t]*(?P<rest>\S.*)$
          |[ \t]{{1,4}}(?P<mark>[(\[].*[)\]]|(?:invalid|error|user|unknown|mailbox)\b.*)$)""",
    re.IGNORECASE | re.VERBOSE,
)
_END = re.compile(
    r"[ \t|]{0,10}(?:-{8,}|={8,}|\*{8,}|_{8,})|original message|message (?:text|headers?) follow",
    re.IGNORECASE,
)


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each address under a sentence that says that delivery failed."""
    if not looks_failing(notice):
        return ()
    found = list(_listed(notice.text.split("\n", 1_500)[:1_500]))
    if len(found) == 1 and not found[0][1]:
        found = [(found[0][0], _behind(notice.text, found[0][0]))]
    action = Action.DELAYED if delayed(notice) else Action.FAILED
    others = correspondents(notice)
    return unique(
        told("generic", notice, who, reason, action)
        for who, reason in found
        if who.lower() not in others
    )


def _listed(lines: list[str]) -> Iterator[tuple[str, str]]:
    """Yield address and reason of the items right below a sentence of failure."""
    above: list[str] = []
    who, reason, blank = "", "", True
    for line in lines:
        item = _ITEM.match(line)
        if item and (who or _heads(above)):
            if who:
                yield who, reason
            who, reason = item["who"], item["rest"] or item["mark"] or ""
        elif not line.strip():
            blank = True
            continue
        elif who and (blank or _END.match(line)):
            break
        elif who:
            reason = f"{reason} {line}"
        else:
            above = [*above, line][-3:]
        blank = False
    if who:
        yield who, reason


def _heads(above: list[str]) -> bool:
    text = one_line(" ".join(above))
    last = above[-1].rstrip() if above else ""
    listing = last.endswith((":", ".", "-", "|", "。")) or "recipient" in last.lower()
    return listing and bool(_FAILED.search(text)) and not CONTACT.search(last)


def _behind(text: str, who: str) -> str:
    """Return what follows a lone address, where systems put their details."""
    details = ""
    for part in paragraphs(text[text.find(who) + len(who) :][:2_000]):
        if CONTACT.search(part):
            break
        details += f" {part}"
        if REPLY.search(one_line(part)):
            break
    return one_line(details).lstrip("\"'>])=-* ")
