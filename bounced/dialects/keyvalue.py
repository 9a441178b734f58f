"""Lines with a name in front, in any language and in any order, and also JSON and XML in the text.

    Recipient: user@example.com
    Reason: 550 No such user
    Remote server: mx.example.com

Gateways and home-made systems write so.  A ``To`` is a recipient only where a reason stands in the
same block, since the returned message has a ``To``, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from bounced.dialects import _lexicon
from bounced.dialects._entry import unique
from bounced.dialects._failing import (
    FOUND,
    REPLY,
    asks,
    blamable,
    correspondents,
    late,
    looks_failing,
    own,
    told,
)
from bounced.dialects._lexicon import fold, role, says
from bounced.dialects.transcript import refused
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = (":", "\uff1a", "=", "|", "recipient")  # what divides a name from its value
_LINES = 1_000
_NAME = 60  # characters in front of an address in its line
_NEAR = 8  # lines between a To and the reason that makes a recipient of it
_FIELD = re.compile(
    r"[\s>*|•・●■▪\"'{}<,【\[-]{0,24}+(?P<label>[^\W\d_][^:：=|<>@\n]{0,48}?)"
    r"[\s\"'】\])*]{0,20}(?:[:：]|=>?|\||\.{3,40}:?|$)[\s|]{0,40}(?P<value>.{0,2000})"
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


class _Field(NamedTuple):
    line: int
    role: str
    label: str
    value: str


@dataclass(slots=True)
class _Block:
    """The lines about one recipient, or about several that share a reason."""

    recipients: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    strong: bool = False  # named by more than a To

    def why(self) -> str:
        """Return the reasons, in front one that is a reply with words."""
        said = sorted(self.reasons, key=lambda one: not (REPLY.search(one) and " " in one))
        return " ".join(dict.fromkeys(said))


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each address that a line calls a recipient."""
    if not looks_failing(notice):
        return ()
    fields = list(_fields(own(notice.text)))
    if not any(one.role in ("recipient", "to") for one in fields):
        return ()
    return unique(_statuses(notice, _blocks(fields, correspondents(notice))))


def _statuses(notice: Notice, blocks: list[_Block]) -> Iterator[RecipientStatus]:
    shared = " ".join(block.why() for block in blocks if not block.recipients)
    failing = says(_lexicon.FAILED, fold(f"{notice.subject} {notice.text[:8_000]}"))
    action = Action.DELAYED if late(notice) else Action.FAILED
    replies = refused(notice.text) if "rcpt to" in notice.text.lower() else {}
    for block in blocks:
        named = " ".join(filter(None, map(replies.get, block.recipients)))
        reason = block.why() or named or (shared if block.strong else "")
        if failing and (reason or block.strong) or REPLY.search(reason):
            for who in block.recipients:
                yield told("keyvalue", notice, who, reason, action)


def _fields(text: str) -> Iterator[_Field]:
    """Yield the lines with a known name, each with the lines that go on with its value."""
    if '":' in text:
        text = _JSON.sub(r"\1\n", text)
    if "</" in text or "/>" in text:
        text = _ATTRIBUTE.sub(r"\n\1: \2\n", _TAG.sub(r"\n\1: \2\n", text))
    last: _Field | None = None
    blank = False
    for number, line in enumerate(text.split("\n", _LINES)[:_LINES]):
        if not line.strip():
            blank = True
            if last and last.value:
                yield last
                last = None
            continue
        if last and not _names(line) and _goes_on(last, line, number):
            last = last._replace(value=f"{last.value} {line.strip()}"[:2_000])
            continue
        if last:
            yield last
            last = None
        if blank:
            yield _Field(number, "", "", "")
            blank = False
        if _HEADER.match(line):
            yield _Field(number, "header", "", "")
        elif found := _names(line):
            last = _Field(number, role(found["label"]), found["label"], found["value"].strip())
    if last:
        yield last


def _names(line: str) -> re.Match[str] | None:
    found = _FIELD.match(line)
    return found if found and role(found["label"]) else None


def _goes_on(last: _Field, line: str, number: int) -> bool:
    """Whether *line* belongs to the value of the field above it."""
    if last.role in ("reason", "status"):
        return not asks(line) or bool(REPLY.search(line.strip()))
    alone = FOUND.fullmatch(line.strip(" \t<>*-,;"))
    return number == last.line + 1 + last.value.count("@") and bool(alone)


def _blocks(fields: list[_Field], others: frozenset[str]) -> list[_Block]:
    """Gather the fields by recipient; reasons may stand behind each, or in front of each."""
    roles = [one.role for one in fields if one.role in ("recipient", "to", "reason", "status")]
    behind = roles[-1] not in ("recipient", "to")
    blocks = [_Block()]
    near = -_NEAR
    for one in fields:
        block = blocks[-1]
        if one.role in ("reason", "status"):
            if not behind and block.recipients:
                blocks.append(block := _Block())
            block.reasons.append(one.value.strip("\"' ,}"))
            near = one.line
        elif found := _named(one, others, fields):
            who, rest = found
            if behind and (block.reasons or (block.recipients and one.line - near > _NEAR)):
                blocks.append(block := _Block())
            block.recipients += who
            block.strong |= one.role == "recipient"
            block.reasons += [rest] if rest else []
    return blocks


def _named(
    one: _Field, others: frozenset[str], fields: list[_Field]
) -> tuple[list[str], str] | None:
    """Return whom a field calls a recipient, and what its line says of him beside."""
    found = list(FOUND.finditer(one.value)) if one.role in ("recipient", "to") else []
    if not found or found[0].start() > _NAME or says(_lexicon.ASK, fold(one.value)):
        return None
    if one.role == "to" and (len(found) > 1 or not _explained(one, fields)):
        return None
    if _second(one, fields):
        return None
    who = [
        each[0]
        for each in found
        if blamable(each[0], one.value[max(0, each.start() - _NAME) : each.start()], others)
    ]
    rest = one.value[found[-1].end() :].strip(" >\"'),;.|：:-]}(<")
    return (who, rest) if who else None


def _second(one: _Field, fields: list[_Field]) -> bool:
    """Whether *one* is the other name of a recipient: the original, or a final one without host."""
    original = "original" in one.label.lower()
    hosted = "." in one.value.rpartition("@")[2]
    for other in fields:
        if other.role == "recipient" and "@" in other.value:
            differs = ("original" in other.label.lower()) != original
            better = "." in other.value.rpartition("@")[2]
            if differs and (better if original else better and not hosted):
                return True
    return False


def _explained(one: _Field, fields: list[_Field]) -> bool:
    """Whether a reason stands near *one*, no blank line between, in no returned header."""
    at = fields.index(one)
    before = next((n for n in range(at, -1, -1) if not fields[n].role), -1)
    behind = next((n for n in range(at, len(fields)) if not fields[n].role), len(fields))
    near = fields[before + 1 : behind]
    return not any(each.role == "header" for each in near) and any(
        each.role in ("reason", "status") and each.value and abs(each.line - one.line) <= _NEAR
        for each in near
    )
