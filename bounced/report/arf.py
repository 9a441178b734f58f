"""Feedback reports: a person, or a receiver's machine, complains of a mail.  RFC 5965, RFC 6591."""

from __future__ import annotations

import re
from typing import Final

from bounced.model import Feedback, Kind, RecipientStatus, Report, Typed
from bounced.report import complainant, fields
from bounced.report.fields import Fields
from bounced.report.mime import Headers, Part

SOURCE: Final = "arf"
_TYPES: Final = frozenset({"message/feedback-report", "application/feedback-report"})
_SNIFF: Final = re.compile(
    r"\A\s{0,20}(?:[\w-]{1,40}:.*\n){0,6}?Feedback-Type[ \t]*:", re.IGNORECASE
)
# Types that take back a suspicion.  RFC 6430; "miscategorized" is of the drafts before RFC 5965.
_PRAISE: Final = frozenset({"not-spam", "not_spam", "notspam", "miscategorized"})


def read(message: Part) -> Report | None:
    """Return the feedback report in *message*, or None where there is none."""
    part = next((part for part in message.walk(into_messages=False) if _is_feedback(part)), None)
    if part is None and message.params.get("report-type", "").lower() != "feedback-report":
        return None
    block = Fields("")
    for one in fields.blocks(part.text) if part else ():
        block.join(one)
    feedback = _feedback(block)
    kind = (feedback.feedback_type or "").lower()
    if kind in _PRAISE:
        return Report(
            kind=Kind.REPORT, source=SOURCE, because=f"Feedback-Type: {kind}", feedback=feedback
        )
    path = part.path if part else ""
    because = f"{part.type} in part {path or '1'}" if part else "report-type=feedback-report"
    return Report(
        kind=Kind.COMPLAINT,
        source=SOURCE,
        because=because,
        recipients=_recipients(feedback, block, complainant.returned_headers(message), path),
        reporting_mta=feedback.reporting_mta,
        original_envelope_id=block.take("original-envelope-id", fields.text),
        arrival_date=feedback.arrival_date,
        feedback=feedback,
        defects=tuple(block.defects),
    )


def _is_feedback(part: Part) -> bool:
    return part.type in _TYPES or (part.type == "text/plain" and bool(_SNIFF.match(part.text)))


def _type(value: str) -> str:
    """Return the type alone, as some put it between quotation marks or a comment behind it."""
    return re.split(r"[;(]", value, maxsplit=1)[0].strip(" \t\"'")


def _feedback(block: Fields) -> Feedback:
    return Feedback(
        feedback_type=block.take("feedback-type", _type),
        user_agent=block.take("user-agent", fields.text),
        version=block.take("version", fields.text),
        original_mail_from=block.take("original-mail-from", fields.text),
        original_rcpt_to=block.take_all("original-rcpt-to"),
        # RFC 5965 §3.2 renamed what the drafts, and Yahoo and AOL to this day, call Received-Date.
        arrival_date=block.take("arrival-date", fields.date)
        or block.take("received-date", fields.date),
        source_ip=block.take("source-ip", fields.text),
        reporting_mta=block.take("reporting-mta", fields.typed),
        reported_domain=block.take_all("reported-domain"),
        incidents=block.take("incidents", fields.number),
        extensions=block.rest(),
    )


def _recipients(
    feedback: Feedback, block: Fields, returned: Headers, path: str
) -> tuple[RecipientStatus, ...]:
    """Name who complained: by the report, else by the returned mail."""
    said = [*feedback.original_rcpt_to, *block.take_all("removal-recipient")]
    named = [Typed("rfc822", value) for value in said]
    others = (block.take(name, fields.typed) for name in ("original-recipient", "final-recipient"))
    named += filter(None, others)
    if any(fields.address(one) for one in named):
        return complainant.people(named, path, SOURCE)
    return complainant.in_returned(returned, path, SOURCE)
