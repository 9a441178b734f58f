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
    told,
)
from bounced.dialects._lexicon import fold, role, says
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = (":", "\uff1a", "=", "|", "recipient")  # what divides a name from its value
_LINES = 1_000
_NEAR = 8  # lines between a To and the reason that makes a recipient of it
_FIELD = re.compile(
    r"[\s>*|•・●■▪\"'{}<,【\[-]{0,24}+(?P<label>[^\W\d_][^:：=|<>@\n]{0,48}?)"
    r"[\s\"'】\])*]{0,20}(?:[:：]|=>?|\||\.{3,40}:?|$)[\s|]{0,40}(?P<value>.{0,2000})"
)
_JSON = re.compile(r"([\"'}\d]),\s{0,40}(?=\"\w)")
_TAG = re.compile(r"<([A-Za-z][\w.-]{1,30})>([^<]{0,2000})</\1>")
_ATTRIBUTE = re.compile(r"\s([A-Za-z][\w-]{1,30})=\"([^\"\n]{0,500})\"")


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
    fields = list(_fields(notice.text))
    if not any(one.role in ("recipient", "to") for one in fields):
        return ()
    return unique(_statuses(notice, _blocks(fields, correspondents(notice))))


def _statuses(notice: Notice, blocks: list[_Block]) -> Iterator[RecipientStatus]:
    shared = " ".join(block.why() for block in blocks if not block.recipients)
    failing = says(_lexicon.FAILED, fold(f"{notice.subject} {notice.text[:8_000]}"))
    action = Action.DELAYED if late(notice) else Action.FAILED
    for block in blocks:
        reason = block.why() or (shared if block.strong else "")
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
    for number, line in enumerate(text.split("\n", _LINES)[:_LINES]):
        found = _FIELD.match(line)
        name = role(found["label"]) if found else ""
        if found and name:
            if last:
                yield last
            last = _Field(number, name, found["label"], found["value"].strip())
        elif last and line.strip() and not asks(line):
            last = last._replace(value=f"{last.value} {line.strip()}"[:2_000])
        elif last and (last.value or line.strip()):
            yield last
            last = None
        if not line.strip():
            yield _Field(number, "", "", "")
    if last:
        yield last


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


def _named(one: _Field, others: frozenset[str], fields: list[_Field]) -> tuple[list[str], str] | None:
    """Return whom a field calls a recipient, and what its line says of him beside."""
    found = list(FOUND.finditer(one.value)) if one.role in ("recipient", "to") else []
    if not found or found[0].start() > 60 or says(_lexicon.ASK, fold(one.value)):
        return None
    if one.role == "to" and (
        len(found) > 1
        or not any(x.role in ("reason", "status") for x in _paragraph(one, fields))
    ):
        return None
    if "original" in one.label.lower() and any(
        x.role == "recipient" and "original" not in x.label.lower() and "@" in x.value for x in fields
    ):
        return None
    who = [f[0] for f in found if blamable(f[0], one.value[max(0, f.start() - 60) : f.start()], others)]
    rest = one.value[found[-1].end() :].strip(" >\"'),;.|：:-]}(<")
    return (who, rest) if who else None


def _paragraph(one: _Field, fields: list[_Field]) -> list[_Field]:
    """Return the fields near *one* with no blank line between."""
    at = fields.index(one)
    before = next((n for n in range(at, -1, -1) if not fields[n].role), -1)
    behind = next((n for n in range(at, len(fields)) if not fields[n].role), len(fields))
    return [x for x in fields[before + 1 : behind] if abs(x.line - one.line) <= _NEAR]
