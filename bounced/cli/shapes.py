"""The JSON that commands print of messages and replies.

Keys may be added; those of the README stay.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from bounced.model import Defect, Feedback, Judged, Reading, Returned, Typed, Verdict
from bounced.shapes import Shape, decision, verdict, when

if TYPE_CHECKING:
    from bounced.policy import Decision
    from bounced.replay.files import Bad, Found
    from bounced.replay.run import Done
    from bounced.store import Incident, Incoming, Observed, Storm


def message(found: Found, reading: Reading) -> Shape:
    """Return the shape of ``bounced parse --json``."""
    report = reading.report
    return {
        "file": found.file,
        **({"number": found.number} if found.number else {}),
        "kind": str(report.kind),
        "recipients": [recipient(one) for one in reading.judged],
        "source": report.source,
        "because": report.because,
        "reporting_mta": _typed(report.reporting_mta),
        "original_envelope_id": report.original_envelope_id,
        "arrival_date": when(report.arrival_date),
        "message_id": report.message_id,
        "from": report.from_,
        "subject": report.subject,
        "date": when(report.date),
        "returned": _returned(report.returned),
        "feedback": _feedback(report.feedback),
        "defects": _defects(report.defects),
    }


def bad(found: Bad) -> Shape:
    """Return the shape of a file that can't be read as a message."""
    number: Shape = {"number": found.number} if found.number else {}
    return {"file": found.file, **number, "error": found.why}


def recipient(judged: Judged) -> Shape:
    """Return the shape of one recipient with its verdict."""
    said = judged.recipient
    return {
        "address": said.address,
        "action": said.action and str(said.action),
        "status": str(judged.status) if judged.status else None,
        "smtp_code": judged.smtp_code,
        **verdict(judged.verdict),
        "mailed": judged.mailed,
        "final_recipient": _typed(said.final_recipient),
        "original_recipient": _typed(said.original_recipient),
        "remote_mta": _typed(said.remote_mta),
        "diagnostic_code": _typed(said.diagnostic_code),
        "last_attempt_date": when(said.last_attempt_date),
        "will_retry_until": when(said.will_retry_until),
        "source": said.source,
        "part": said.part,
        "defects": _defects(said.defects),
    }


def whose(incoming: Incoming) -> Shape:
    """Return the stream of a message, and how we know whom we mailed, as far as it says so."""
    matched = incoming.reading.claim.matched
    return {"stream": incoming.stream, "matched": matched and str(matched)}


def classified(reply: str, remote_mta: str | None, found: Verdict) -> Shape:
    """Return the shape of ``bounced classify --json``."""
    named: Shape = {"remote_mta": remote_mta} if remote_mta else {}
    return {"reply": reply, **named, **verdict(found)}


def incident(one: Incident) -> Shape:
    """Return the shape of ``bounced incidents --json``."""
    return {
        "id": one.id,
        "cause": str(one.cause),
        "ours": one.ours,
        "refuser": one.refuser,
        "opened_at": when(one.opened_at),
        "last_at": when(one.last_at),
        "closed_at": when(one.closed_at),
        "closed_by": one.closed_by,
        "failures": one.failures,
        "recipients": one.recipients,
        "evidence": one.evidence,
        "removal": one.removal,
        "postmasters": [f"postmaster@{domain}" for domain in one.domains],
    }


def storm(one: Storm) -> Shape:
    """Return the shape of ``bounced storms --json``."""
    return {
        "id": one.id,
        "scope": one.scope,
        "name": one.name,
        "cause": str(one.cause),
        "type": str(one.type),
        "started_at": when(one.started_at),
        "last_at": when(one.last_at),
        "ended_at": when(one.ended_at),
        "recipients": one.recipients,
        "confirmed_at": when(one.confirmed_at),
        "confirmed_by": one.confirmed_by,
        "confirmed_why": one.confirmed_why,
    }


def would(done: Done) -> Shape:
    """Return the shape of one message of ``bounced replay --dry-run --json``."""
    outcomes = [{"address": one.address, **decision(one.decision)} for one in done.outcomes]
    return {
        "file": done.name,
        "kind": str(done.incoming.reading.report.kind),
        "known": done.duplicate,
        "would": outcomes,
    }


def observed(seen: Observed, made: Decision | None) -> Shape:
    """Return the shape of ``bounced follow --json``; ``known`` is what was recorded before."""
    judged = seen.judged
    return {
        "at": when(seen.at),
        "stream": seen.stream,
        "address": seen.address,
        "what": "failed" if judged else "delivered",
        "status": str(judged.status) if judged and judged.status else None,
        "smtp_code": judged.smtp_code if judged else None,
        **verdict(judged.verdict if judged else None),
        "original": seen.original,
        "known": made is None,
        **decision(made),
    }


def _typed(field: Typed | None) -> str | None:
    if field is None:
        return None
    return f"{field.type}; {field.value}" if field.type else field.value


def _returned(found: Returned | None) -> Shape | None:
    if found is None:
        return None
    return {
        "message_id": found.message_id,
        "from": found.from_,
        "to": found.to,
        "subject": found.subject,
        "date": when(found.date),
        "list_id": found.list_id,
        "headers": [list(one) for one in found.headers],
        "part": found.part,
    }


def _feedback(found: Feedback | None) -> Shape | None:
    if found is None:
        return None
    return {
        "feedback_type": found.feedback_type,
        "user_agent": found.user_agent,
        "version": found.version,
        "original_mail_from": found.original_mail_from,
        "original_rcpt_to": list(found.original_rcpt_to),
        "arrival_date": when(found.arrival_date),
        "source_ip": found.source_ip,
        "reporting_mta": _typed(found.reporting_mta),
        "reported_domain": list(found.reported_domain),
        "incidents": found.incidents,
    }


def _defects(found: Iterable[Defect]) -> list[Shape]:
    return [{"field": one.field, "text": one.text} for one in found]
