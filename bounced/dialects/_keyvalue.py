"""Lines with a name in front of a value, from plain text, JSON, XML or the cells of a table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from bounced.dialects._blame import FOUND, asks, blamable, torn
from bounced.dialects._failing import REPLY
from bounced.dialects._lexicon import role

_LINES = 600
_VALUE = 2_000  # characters
_NEAR = 8  # lines between a To and the reason that makes a recipient of it
_NAME = 60  # characters in front of an address in its line
_FIELD = re.compile(
    r"[\s>*|•・●■▪\"'{}<,【\[-]{0,24}+(?P<label>[^\W\d_][^:\uff1a=|<>@\n]{0,48}?)"
    r"[\s\"'】\])*]{0,20}(?:[:\uff1a]|=>?|\||\.{3,40}:?|$)[\s|]{0,40}(?P<value>.{0,2000})"
)
_JSON = re.compile(r"([\"'}\d]),\s{0,40}(?=\"\w)")
_TAG = re.compile(r"<([A-Za-z][\w.-]{1,30})>([^<]{0,2000})</\1>")
_ATTRIBUTE = re.compile(r"\s([A-Za-z][\w-]{1,30})=\"([^\"\n]{0,500})\"")
# What only the header of a returned message has; its To is no recipient's.
_HEADER = re.compile(
    r"[ \t>]{0,8}(?:Received|MIME-Version|Content-[\w-]{1,40}|X-[\w-]{1,40}|DKIM-Signature"
    r"|References|In-Reply-To|List-[\w-]{1,40}):",
    re.IGNORECASE,
)
NAMES: Final = frozenset({"recipient", "to"})
# Who got the mail in the place of who failed.
_INSTEAD: Final = re.compile(
    r"\b(?:alternat|substitut|replac|forwarded|redirected|ersatz|weitergeleitet|nouveau|nouvel)",
    re.IGNORECASE,
)
EXPLAINS: Final = frozenset({"reason", "status"})


class Field(NamedTuple):
    """A line: its number, what its label stands for, the label and the value.

    Role ``""`` is a blank line, ``"header"`` a line that only the header of a mail has.
    """

    line: int
    role: str
    label: str = ""
    value: str = ""


def fields(text: str) -> Iterator[Field]:
    """Yield the lines with a known name, each with the lines that go on with its value."""
    last: Field | None = None
    blank = False
    for number, line in enumerate(_opened(text).split("\n", _LINES)[:_LINES]):
        if not line.strip():
            blank = True
            if last and last.value:
                yield last
                last = None
            continue
        name = _named(line)
        if last and not name and _goes_on(last, line, number):
            last = last._replace(value=f"{last.value} {line.strip()}"[:_VALUE])
            continue
        if last:
            yield last
        if blank:
            yield Field(number, "")
        blank, last = False, name._replace(line=number) if name else None
        if _HEADER.match(line):
            yield Field(number, "header")
    if last:
        yield last


def _opened(text: str) -> str:
    """Give each pair of JSON and XML a line of its own."""
    if '":' in text:
        text = _JSON.sub(r"\1\n", text)
    if "</" in text or "/>" in text:
        text = _ATTRIBUTE.sub(r"\n\1: \2\n", _TAG.sub(r"\n\1: \2\n", text))
    return text


def _named(line: str) -> Field | None:
    found = _FIELD.match(line)
    name = role(found["label"]) if found else ""
    return Field(0, name, found["label"], found["value"].strip()) if found and name else None


def _goes_on(last: Field, line: str, number: int) -> bool:
    """Whether *line* belongs to the value of the field above it."""
    if last.role in EXPLAINS:
        return not asks(line) or bool(REPLY.search(line.strip()))
    alone = FOUND.fullmatch(line.strip(" \t<>*-,;"))
    return number == last.line + 1 + last.value.count("@") and bool(alone)


def recipients(found: list[Field], at: int, others: frozenset[str]) -> list[str]:
    """Return whom the field at *at* names as failed."""
    one = found[at]
    named = list(FOUND.finditer(one.value))
    if not named or named[0].start() > _NAME or asks(one.value) or _second(found, at):
        return []
    if _INSTEAD.search(one.label):
        return []
    if one.role == "to" and (len(named) > 1 or not _explained(found, at)):
        return []
    return [
        each[0]
        for each in named
        if not torn(one.value, *each.span())
        and blamable(each[0], one.value[max(0, each.start() - _NAME) : each.start()], others)
    ]


def _second(found: list[Field], at: int) -> bool:
    """Whether the field is the other name of a recipient: original, or final without a host."""
    original, hosted = _original(found[at]), _hosted(found[at])
    for other in found[max(0, at - _NEAR) : at + _NEAR]:
        if other.role == "recipient" and "@" in other.value and _original(other) != original:
            return _hosted(other) if original else _hosted(other) and not hosted
    return False


def _original(one: Field) -> bool:
    return "original" in one.label.lower()


def _hosted(one: Field) -> bool:
    return "." in one.value.rpartition("@")[2]


def _explained(found: list[Field], at: int) -> bool:
    """Whether a reason stands near the field, no blank line between, in no returned header."""
    start, end = at, at
    while start > 0 and found[start - 1].role and at - start < _NEAR:
        start -= 1
    while end < len(found) and found[end].role and end - at < _NEAR:
        end += 1
    near = found[start:end]
    return not any(each.role == "header" for each in near) and any(
        each.role in EXPLAINS and each.value and abs(each.line - found[at].line) <= _NEAR
        for each in near
    )
