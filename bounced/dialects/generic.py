"""The shape that most notices share: a sentence that delivery failed, then addresses with reasons.

    Unable to deliver message to the following recipients:

    <user@example.com>: 550 User unknown

For systems without a reader of their own, in any language.  It would rather find nothing than name
the wrong one: the sentence must stand just above the first address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bounced.dialects._entry import ADDRESS, one_line, paragraphs, unique
from bounced.dialects._failing import (
    REPLY,
    action_of,
    asks,
    blamable,
    correspondents,
    failing_subject,
    introduces_author,
    late,
    machine,
    looks_failing,
    own,
    told,
)
from bounced.dialects._lexicon import ASIDE, FAILED, fold, hint, role, says
from bounced.dialects.transcript import refused
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("@",)
_LINES = 1_500
_ITEM = re.compile(
    rf"""(?P<lead>[ \t|>*#•·・○●■▪‣–—+-]{{0,24}}+(?:\(?\d{{1,4}}[.):][ \t]{{1,4}})?
        (?:[^\n@:：<>"']{{1,40}}[:：][ \t]{{0,20}})?(?:["']?(?![245]\d\d[ -])[^\n@:<>"']{{1,60}}["']?[ ](?=<))?)
        ["'<(\[«「]{{0,3}}(?:smtp:|mailto:|rfc822;)?[ ]?(?P<who>(?>{ADDRESS}))["'>)\]»」]{{0,3}}
        [ \t]{{0,40}}(?:$|(?P<mark>[:;,：|=]|\.\.\.|[-–—=]>|[-–—]|\t|(?=[(\[])|(?<=[ \t]{{2}})
        |(?=\d{{3}}[ ]|<mailto:|[^\x00-\u02ff]
           |(?:is|was|has|not|invalid|error|user|unknown|mailbox|no|on)\b))
        [ \t|]{{0,40}}(?P<rest>.*)$)""",
    re.IGNORECASE | re.VERBOSE,
)
_END = re.compile(
    r"[ \t|]{0,10}(?:-{8,}|={8,}|\*{8,}|_{8,})|original message|message (?:text|headers?) follow",
    re.IGNORECASE,
)
_COLONS: Final = (":", "：", "，", ":)")
_WORD_ENDS = re.compile(r"[\s,;:|]{1,40}(?=\S)")
_ADDRESSES: Final = re.compile(
    r"addres|adres|direccion|enderec|indirizz|адрес|アドレス|地址|位址|주소"
)
_WORDS = 8  # at the end of a line, that may name what the list below it holds
_QUOTED = re.compile(r"[ \t]{0,20}(?:[>|<]|[45]\d\d[ -]|[ \t]{3})")


@dataclass(slots=True)
class _Item:
    who: str
    reason: str
    action: Action
    end: int  # the line behind


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each address under a sentence that says that delivery failed."""
    if not looks_failing(notice):
        return ()
    lines = own(notice.text).split("\n", _LINES)[:_LINES]
    found = list(_listed(notice, lines, correspondents(notice)))
    if not found:
        return ()
    replies = refused(notice.text) if "rcpt to" in notice.text.lower() else {}
    shared = "" if all(item.reason for item in found) else _shared(lines, found)
    late_now = late(notice) and len({item.action for item in found} - {Action.DELIVERED}) == 1
    return unique(
        told(
            "generic",
            notice,
            item.who,
            item.reason or replies.get(item.who, "") or shared,
            Action.DELAYED if late_now and item.action is Action.FAILED else item.action,
        )
        for item in found
    )


def _listed(notice: Notice, lines: list[str], others: frozenset[str]) -> Iterator[_Item]:
    """Yield the items right below each sentence of failure."""
    above: list[str] = []
    item: _Item | None = None
    action: Action | None = None
    blank = True
    for number, line in enumerate(lines):
        entry = _ITEM.match(line) if "@" in line else None
        if entry and _may_be_item(entry):
            action = action or _headed(notice, above) or _headless(notice, lines, number, entry)
            if action and blamable(entry["who"], entry["lead"], others):
                if item:
                    yield item
                item = _Item(entry["who"], entry["rest"] or "", action, number + 1)
                blank = False
                continue
        if not line.strip():
            blank = True
            continue
        if item and _goes_on(line, blank=blank):
            item.reason = f"{item.reason} {line.strip()}".strip()
            item.end = number + 1
        else:
            if item:
                yield item
            item, action = None, None
            above = [*above, line][-3:]
        blank = False
    if item:
        yield item


def _goes_on(line: str, *, blank: bool) -> bool:
    """Whether *line* belongs to the reason of the item above it."""
    if _END.match(line) or (blank and not _QUOTED.match(line)):
        return False
    return not asks(line) or bool(REPLY.search(line.strip()))


def _may_be_item(entry: re.Match[str]) -> bool:
    if asks(f"{entry['lead']} {entry['rest'] or ''}"):
        return False
    if machine(entry["who"]) and entry["lead"].strip(" \t>*-•|"):
        return False
    return role(entry["lead"].rpartition(":")[0].strip(" \t|>*-")) not in ("sender", "to")


def _headless(notice: Notice, lines: list[str], number: int, entry: re.Match[str]) -> Action | None:
    """Return what was done with an address that begins a paragraph and is followed by a reply."""
    label = entry["lead"].rpartition(":")[0]
    if label and says(FAILED, fold(label)):
        return action_of(label)
    above = lines[number - 1].strip() if number else ""
    if (entry["mark"] or "") not in (":", ";", "", "...") or not entry["rest"]:
        return None
    if above and not above.endswith((":", "-")):
        return None
    end = next((at for at in range(number, len(lines)) if not lines[at].strip()), len(lines))
    paragraph = " ".join(line.strip() for line in lines[number : min(end, number + 12)])
    said = paragraph[paragraph.find(entry["who"]) + len(entry["who"]) :].lstrip(">: ")
    if REPLY.search(said) or "failed" in said.lower() or says(FAILED, fold(said)):
        return Action.FAILED
    return None


def _headed(notice: Notice, above: list[str]) -> Action | None:
    """Return what the lines *above* a list say was done with those in it."""
    last = above[-1].strip() if above else ""
    if not last or asks(last) or introduces_author(last):
        return None
    words = _WORD_ENDS.split(last)[-_WORDS:]
    roles = set(map(hint, words))
    colon = last.endswith(_COLONS)
    if not colon and not roles & {"recipient", "reason", "status"} and role(words[-1]) != "to":
        if not last.endswith((".", "-", "|", "。", "、")) or any("@" in line for line in above):
            return None
    said = action_of(" ".join(above))
    # No word of failure above: the subject has said it, and the list is one of addresses.
    address = bool(_ADDRESSES.search(fold(last)))
    table = ("recipient" in roles or address) and roles & {"reason", "status"}
    listing = colon and ("recipient" in roles or address)
    if said is None and (table or listing) and failing_subject(notice):
        return None if says(ASIDE, fold(" ".join(above))) else Action.FAILED
    return said


def _shared(lines: list[str], found: list[_Item]) -> str:
    """Return the reason that stands once for all: behind the list, or else above it."""
    text = "\n".join(lines[found[-1].end :])[:2_000]
    details = ""
    for part in paragraphs(text):
        if asks(part) and not REPLY.search(one_line(part)):
            break
        details += f" {part}"
        if REPLY.search(one_line(part)):
            break
    details = one_line(details).lstrip("\"'>])=-* ")
    if REPLY.search(details):
        return details
    for line in lines[: found[0].end]:
        if REPLY.search(line.strip()):
            return line.strip()
    return details
