"""Lists of addresses in a notice, each below a line that says what was done with those in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bounced.dialects._blame import asks, blamable, introduces_author, machine, torn
from bounced.dialects._entry import ADDRESS, one_line
from bounced.dialects._failing import REPLY, action_of, failing_subject
from bounced.dialects._lexicon import ASIDE, FAILED, fold, hint, role, says
from bounced.model import Action
from bounced.report.prose import Notice

_ITEM = re.compile(
    rf"""(?P<lead>[ \t|>*#•·・○●■▪‣\u2013\u2014+-]{{0,24}}+  # a bullet, a number, a label, a name
          (?:\(?\d{{1,4}}[.):][ \t]{{1,4}})?
          (?:[^\n@:\uff1a<>"']{{1,40}}[:\uff1a][ \t]{{0,20}})?
          (?:["']?(?![245]\d\d[ -])[^\n@:<>"']{{1,60}}["']?[ ](?=<))?)
        ["'<(\[«「]{{0,3}}(?:smtp:|mailto:|rfc822;)?[ ]?(?P<who>(?>{ADDRESS}))["'>)\]»」]{{0,3}}
        [ \t]{{0,40}}(?:$|(?P<mark>[:;,\uff1a|=]|\.\.\.|[-\u2013\u2014=]>|[-\u2013\u2014]|\t
          |(?=[(\[])|(?<=[ \t]{{2}})|(?=\d{{3}}[ ]|<mailto:|[^\x00-\u02ff]
             |(?:is|was|has|not|invalid|error|user|unknown|mailbox|no|on)\b))
        [ \t|]{{0,40}}(?P<rest>.*)$)""",
    re.IGNORECASE | re.VERBOSE,
)
_END = re.compile(
    r"[ \t|]{0,10}(?:-{8,}|={8,}|\*{8,}|_{8,})|original message|message (?:text|headers?) follow",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"[ \t]{0,20}(?:[>|<]|[45]\d\d[ -]|[ \t]{3})")
_COLONS: Final = (":", "\uff1a", "\uff0c", ":)")
_STOPS: Final = (".", "-", "|", "\u3002", "\u3001")
_WORD_ENDS = re.compile(r"[\s,;:|]{1,40}(?=\S)")
_ADDRESSES: Final = re.compile(
    "addres|adres|direccion|enderec|indirizz|адрес|アドレス|地址|位址|주소"
)
_WORDS = 8  # at the end of a line, that may name what the list below it holds
_ABOVE = 3  # lines
_HEAD = 200  # characters
_PARAGRAPH = 12  # lines


@dataclass(slots=True)
class Item:
    """An address of a list, its own reason, what was done, and where: its line, the one behind."""

    who: str
    reason: str
    action: Action
    line: int
    end: int


def listed(notice: Notice, lines: list[str], others: frozenset[str]) -> Iterator[Item]:
    """Yield the items right below each sentence of failure."""
    above: list[str] = []
    item: Item | None = None
    blank = True
    for number, line in enumerate(lines):
        if not line.strip():
            blank = True
            continue
        action = item.action if item else None
        if entry := _entry(line, others):
            action = action or _headed(notice, above) or _headless(lines, number, entry)
        if entry and action:
            if item:
                yield item
            item = Item(entry["who"], entry["rest"] or "", action, number, number + 1)
        elif item and _goes_on(line, blank=blank) and not _heads(lines, number, others):
            item.reason = f"{item.reason} {line.strip()}".strip()
            item.end = number + 1
        else:
            if item:
                yield item
            item = None
            above = [*above, line][-_ABOVE:]
        blank = False
    if item:
        yield item


def _entry(line: str, others: frozenset[str]) -> re.Match[str] | None:
    """Return the item that *line* may be, if the list is one of failed recipients."""
    entry = _ITEM.match(line) if "@" in line else None
    if not entry or asks(f"{entry['lead']} {entry['rest'] or ''}"):
        return None
    lead = entry["lead"].strip(" \t>*-•|")
    if lead and machine(entry["who"]):
        return None
    if role(lead.rpartition(":")[0]) in ("sender", "to"):
        return None
    if torn(line, *entry.span("who")):
        return None
    return entry if blamable(entry["who"], entry["lead"], others) else None


def _goes_on(line: str, *, blank: bool) -> bool:
    """Whether *line* belongs to the reason of the item above it."""
    if _END.match(line) or (blank and not _QUOTED.match(line)):
        return False
    return not asks(line) or bool(REPLY.search(line.strip()))


def _heads(lines: list[str], number: int, others: frozenset[str]) -> bool:
    """Whether the line says what was done with those in another list, right below it."""
    line, below = lines[number].strip(), lines[number + 1 : number + 2]
    return (
        line.endswith(_COLONS)
        and "@" not in line
        and bool(below and _entry(below[0], others))
        and action_of(line) is not None
    )


def _headed(notice: Notice, above: list[str]) -> Action | None:
    """Return what the lines *above* a list say was done with those in it."""
    last = above[-1].strip() if above else ""
    if not last or asks(last) or introduces_author(last):
        return None
    words = _WORD_ENDS.split(last)[-_WORDS:]
    roles = set(map(hint, words))
    colon = last.endswith(_COLONS)
    sure = colon or roles & {"recipient", "reason", "status"} or role(words[-1]) == "to"
    if not sure and not (last.endswith(_STOPS) and not any("@" in line for line in above)):
        return None
    heading = " ".join(above)
    said = action_of(heading)
    if said or not failing_subject(notice) or says(ASIDE, fold(heading)):
        return said
    # No word of failure above, since the subject has said it: a table, or a list of addresses.
    return Action.FAILED if _is_table(last) or (colon and _is_of_addresses(last)) else None


def _is_of_addresses(head: str) -> bool:
    return "recipient" in map(hint, _WORD_ENDS.split(head)) or bool(_ADDRESSES.search(fold(head)))


def _is_table(head: str) -> bool:
    """Whether *head* stands above the columns of a table of recipients and what befell them."""
    words = _WORD_ENDS.split(head[:_HEAD])
    return not {"reason", "status"}.isdisjoint(map(hint, words)) and _is_of_addresses(head[:_HEAD])


def _headless(lines: list[str], number: int, entry: re.Match[str]) -> Action | None:
    """Return what was done with an address that a reply follows, or a word of failure leads."""
    label = entry["lead"].rpartition(":")[0]
    if label and says(FAILED, fold(label)):
        return action_of(label)
    above = lines[number - 1].strip() if number else ""
    if _is_table(above) and REPLY.search(one_line(entry["rest"] or "")):
        return Action.FAILED
    if (entry["mark"] or "") not in (":", ";", "", "...") or not entry["rest"]:
        return None
    if above and not above.endswith((":", "-")):
        return None
    said = entry["rest"]
    for line in lines[number + 1 : number + _PARAGRAPH]:
        if not line.strip():
            break
        said += f" {line.strip()}"
    if REPLY.search(said) or "failed" in said.lower() or says(FAILED, fold(said)):
        return Action.FAILED
    return None
