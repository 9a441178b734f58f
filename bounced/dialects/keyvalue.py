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
from typing import Final

from bounced.dialects._blame import correspondents, own
from bounced.dialects._entry import HOST, unique
from bounced.dialects._failing import REPLY, failing, late, looks_failing, told
from bounced.dialects._keyvalue import EXPLAINS, NAMES, Field, fields, recipients
from bounced.dialects.transcript import refused
from bounced.model import Action, RecipientStatus
from bounced.report.prose import Notice

SIGNS: Final = ("@",)
_HOST = re.compile(rf"{HOST}\.[a-z]{{2,24}}(?![\w@])", re.IGNORECASE)
_EDGES = " >\"'),;.|:\uff1a-]}(<"


@dataclass(slots=True)
class _Block:
    """The lines about one recipient, or about several that share a reason."""

    recipients: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)
    strong: bool = False  # named by more than a To

    def why(self) -> str:
        """Return the reasons, in front one that is a reply with words."""
        said = sorted(self.reasons, key=lambda one: not (REPLY.search(one) and " " in one))
        return " ".join(dict.fromkeys(said))


def read(notice: Notice) -> tuple[RecipientStatus, ...]:
    """Return a status for each address that a line calls a recipient."""
    if "@" not in notice.text or not looks_failing(notice):
        return ()
    found = list(fields(own(notice.text)))
    if not any(one.role in NAMES and "@" in one.value for one in found):
        return ()
    return unique(_statuses(notice, _blocks(found, correspondents(notice))))


def _statuses(notice: Notice, blocks: list[_Block]) -> Iterator[RecipientStatus]:
    shared = " ".join(block.why() for block in blocks if not block.recipients)
    hosts = [host for block in blocks if not block.recipients for host in block.hosts]
    fails = failing(notice)
    action = Action.DELAYED if late(notice) else Action.FAILED
    replies = refused(notice.text) if "rcpt to" in notice.text.lower() else {}
    for block in blocks:
        said = " ".join(filter(None, map(replies.get, block.recipients)))
        reason = block.why() or said or (shared if block.strong else "")
        if (fails and (reason or block.strong)) or REPLY.search(reason):
            remote = next(iter(block.hosts or hosts), None)
            for who in block.recipients:
                yield told("keyvalue", notice, who, reason, action, remote=remote)


def _blocks(found: list[Field], others: frozenset[str]) -> list[_Block]:
    """Gather the fields by recipient; reasons may stand behind each, or in front of each."""
    told_last = next(one.role for one in reversed(found) if one.role in NAMES | EXPLAINS)
    behind = told_last in EXPLAINS
    blocks = [_Block()]
    for at, one in enumerate(found):
        block = blocks[-1]
        if one.role in EXPLAINS:
            if not behind and block.recipients:
                blocks.append(block := _Block())
            block.reasons.append(one.value.strip("\"' ,}"))
        elif one.role == "host" and (host := _HOST.match(one.value)):
            block.hosts.append(host[0])
        elif one.role in NAMES and (who := recipients(found, at, others)):
            if behind and block.reasons:
                blocks.append(block := _Block())
            block.recipients += who
            block.strong |= one.role == "recipient"
            rest = one.value[one.value.rfind(who[-1]) + len(who[-1]) :].strip(_EDGES)
            block.reasons += [rest] if rest else []
    return blocks
