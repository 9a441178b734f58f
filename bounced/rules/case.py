"""A case: all that rules can ask about one recipient, worked out once.

Text beats code.  Where Status and diagnostic disagree the diagnostic counts (the Status is often
made up by the reporting MTA), and X.0.0 never votes: it means only that no better code is known
(RFC 3461 §6.3).  Pure; never raises on any text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bounced.report.reply import Reply, reply_of
from bounced.report.words import LIMIT, Words, words

if TYPE_CHECKING:
    from bounced.model import RecipientStatus, Status, Typed

NOTICE_LIMIT = 2 * LIMIT  # characters of a notice's prose that are looked at


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is known of one failure.

    ``texts`` are the remote's words and the notice's own prose, each with the name of its field;
    ``hosts`` who may have said them.  ``status``, ``code`` and ``action`` are ``""`` if unknown.
    """

    texts: tuple[tuple[str, Words], ...]
    hosts: tuple[str, ...]
    status: str
    code: str
    stage: str | None
    action: str
    type: str


def case_of(recipient: RecipientStatus, reporting_mta: Typed | None) -> Case:
    """Return the case of *recipient* in a report of *reporting_mta*."""
    texts = _texts(recipient)
    replies = [reply_of(said) for _, said in texts]
    return Case(
        texts=texts,
        hosts=_hosts(recipient, reporting_mta, texts),
        status=_status(replies, recipient.status),
        code=next((str(reply.code) for reply in replies if reply.code), ""),
        stage=next((said.stage for _, said in texts if said.stage), None),
        action=recipient.action or "",
        type=recipient.diagnostic_code.type if recipient.diagnostic_code else "",
    )


def _texts(recipient: RecipientStatus) -> tuple[tuple[str, Words], ...]:
    """Return the texts in the order they are asked; a notice with no diagnostic speaks for it."""
    texts = []
    if recipient.diagnostic_code and recipient.diagnostic_code.value.strip():
        texts.append(("reply", words(recipient.diagnostic_code.value)))
    if recipient.words and recipient.words.strip():
        texts.append(("notice", words(recipient.words, NOTICE_LIMIT)))
    return tuple(texts)


def _hosts(
    recipient: RecipientStatus, reporting_mta: Typed | None, texts: tuple[tuple[str, Words], ...]
) -> tuple[str, ...]:
    """Return the remote hosts; the reporting one only where no remote is named."""
    remote = [recipient.remote_mta.value] if recipient.remote_mta else []
    remote += [said.host for _, said in texts if said.host]
    if not remote and reporting_mta:
        remote = [reporting_mta.value]
    # Many put the IP address behind the name, and a root dot.
    names = (host.strip().partition(" ")[0].rstrip(".") for host in remote)
    return tuple(name.lower()[:255] for name in names)


def _status(replies: list[Reply], stated: Status | None) -> str:
    votes = [reply.status for reply in replies]
    return next((str(vote) for vote in (*votes, stated) if vote and not vote.says_nothing), "")
