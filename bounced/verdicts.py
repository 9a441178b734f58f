"""Say of each recipient of a report why it failed, if it did; pure, never raises."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from bounced.causes import Cause
from bounced.classify import Case, RuleBook, classify
from bounced.model import (
    Action,
    Judged,
    Kind,
    RecipientStatus,
    Report,
    Status,
    Typed,
    Verdict,
)

_FAILED: Final = frozenset({Action.FAILED, Action.DELAYED})
# What a feedback report means of which nobody is the author; RFC 5965 §7.3, RFC 6591 §3.1.
_FEEDBACK: Final = {
    "auth-failure": Cause.SENDER_UNAUTHENTICATED,
    "dmarc": Cause.SENDER_UNAUTHENTICATED,
    "virus": Cause.VIRUS_CONTENT,
}


def judge(report: Report, rules: RuleBook) -> tuple[Judged, ...]:
    """Return a judgement for each recipient of *report*, in their order."""
    return tuple(_judged(report, rules))


def _judged(report: Report, rules: RuleBook) -> Iterator[Judged]:
    """Judge each recipient; many of whom the same is said are judged once."""
    known: dict[tuple[object, ...], Judged] = {}
    for one in report.recipients:
        said = (one.diagnostic_code, one.words, one.status, one.action, one.remote_mta)
        if said not in known:
            known[said] = _judge(one, report, rules)
        yield replace(known[said], recipient=one)


def _judge(recipient: RecipientStatus, report: Report, rules: RuleBook) -> Judged:
    case = Case(recipient, report.reporting_mta)
    reply = case.said.reply if case.said else None
    status = recipient.status
    if reply and (status is None or status.says_nothing):
        status = _better(status, reply.status)
    return Judged(
        recipient=recipient,
        verdict=_verdict(report, recipient, case, rules),
        status=status,
        smtp_code=reply.code if reply else None,
    )


def rejection(address: str, reply: str, remote_mta: str | None, rules: RuleBook) -> Judged:
    """Return what a *reply* of *remote_mta* says that our own SMTP client got for *address*."""
    recipient = RecipientStatus(
        address=address,
        action=Action.FAILED,
        diagnostic_code=Typed("smtp", reply),
        remote_mta=Typed("dns", remote_mta) if remote_mta else None,
        source="dialogue",
    )
    report = Report(kind=Kind.BOUNCE, source="dialogue", recipients=(recipient,))
    return judge(report, rules)[0]


def _better(field: Status | None, said: Status | None) -> Status | None:
    return said if said and not said.says_nothing else field or said


def _verdict(
    report: Report, recipient: RecipientStatus, case: Case, rules: RuleBook
) -> Verdict | None:
    if report.kind is Kind.COMPLAINT:
        kind = ((report.feedback and report.feedback.feedback_type) or "abuse").lower()
        cause = _FEEDBACK.get(kind, Cause.COMPLAINT)
        return Verdict(cause=cause, rule=f"feedback/{cause}", evidence=f"Feedback-Type: {kind}")
    if report.kind is Kind.BOUNCE and recipient.action in _FAILED:
        return classify(case, rules)
    return None
