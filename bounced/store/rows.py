"""The values of the core, as rows of the tables."""

from __future__ import annotations

import zlib
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Row

from bounced.model import Envelope, Report, Typed
from bounced.store import state
from bounced.store.facts import Fact
from bounced.store.judge import Entry
from bounced.store.types import utc
from bounced.store.values import Incoming

_LARGE: Final = 1 << 20
_MAX_INT: Final = 2**31 - 1
_AGAIN: Final = "judged again, in the place of what was recorded; its effect is told apart"
_NO_STATE: Final = "names no address that could be blocked"


def message(incoming: Incoming) -> dict[str, Any]:
    """Return the row of ``messages``."""
    return {
        "fingerprint": incoming.fingerprint,
        "seen": 1,
        "received_at": incoming.received_at,
        "queue_id": incoming.queue_id,
        "source": incoming.source,
        "peer": incoming.peer,
        "stream": state.place(incoming.stream, "").stream,
        "kind": incoming.reading.report.kind,
        "reverse_path": incoming.envelope.reverse_path,
        "forward_paths": incoming.envelope.forward_paths,
        "parameters": incoming.envelope.parameters,
        "forward_parameters": incoming.envelope.forward_parameters,
        "size": len(incoming.raw),
        "trust": incoming.trust,
        "matched": incoming.reading.claim.matched,
    }


def envelope(row: Row[Any]) -> Envelope:
    """Return the envelope that a row of ``messages`` has kept."""
    return Envelope(
        reverse_path=row.reverse_path,
        forward_paths=tuple(row.forward_paths or ()),
        parameters=row.parameters or "",
        forward_parameters=tuple(row.forward_parameters or ()),
    )


def raw_message(incoming: Incoming, retention: timedelta | None) -> dict[str, Any]:
    """Return the row of ``raw_messages``; without a *retention* it is kept for ever."""
    level = 6 if len(incoming.raw) < _LARGE else 1  # 50 MiB at level 6 take seconds
    since = utc(incoming.recorded_at or incoming.received_at)
    return {
        "zlib": zlib.compress(incoming.raw, level),
        "expires_at": since + retention if retention is not None else None,
    }


def report(incoming: Incoming) -> dict[str, Any]:
    """Return the row of ``reports``."""
    found = incoming.reading.report
    return {
        "source": found.source,
        "because": found.because,
        "reporting_mta": _typed(found.reporting_mta),
        "original_envelope_id": found.original_envelope_id,
        "arrival_date": found.arrival_date,
        "dsn_gateway": _typed(found.dsn_gateway),
        "received_from_mta": _typed(found.received_from_mta),
        "own_message_id": found.message_id,
        "own_from": found.from_,
        "own_subject": found.subject,
        "own_date": found.date,
        "recipients": found.recipients,
        "feedback": found.feedback,
        "extensions": found.extensions,
        "defects": found.defects,
    } | _returned(found)


def _returned(found: Report) -> dict[str, Any]:
    back = found.returned
    return {
        "returned_message_id": back.message_id if back else None,
        "returned_from": back.from_ if back else None,
        "returned_to": back.to if back else None,
        "returned_subject": back.subject if back else None,
        "returned_date": back.date if back else None,
        "returned_list_id": back.list_id if back else None,
        "returned_headers": back.headers if back else None,
        "returned_part": back.part if back else None,
    }


def event(entry: Entry, message_id: int | None) -> dict[str, Any]:
    """Return the row of ``events``."""
    fact, decision = entry
    about = fact.original
    return {
        "message_id": message_id,
        "stream": fact.stream,
        "key": fact.place.key if fact.place else None,
        "address": fact.address,
        "at": fact.at,
        "origin": fact.origin,
        "what": fact.what,
        "trust": fact.trust,
        "effect": decision.effect if decision else "recorded",
        "why": decision.why if decision else _AGAIN if fact.origin == "rejudge" else _NO_STATE,
        "who": fact.who,
        "reason": fact.reason,
        "aside": fact.aside,
        "original": about.names[0] if about else None,
        "original_message_id": about.message_id if about else None,
        "down_since": fact.down_since,
        "domain": fact.domain,
        "provider": fact.provider,
        "expires_at": fact.until,
        "position": fact.position,
    } | _verdict(fact)


def _verdict(fact: Fact) -> dict[str, Any]:
    judged, verdict = fact.judged, fact.verdict
    cause = verdict.cause if verdict else fact.cause
    code = judged.smtp_code if judged else None
    return {
        "action": judged.recipient.action if judged else None,
        "status": str(judged.status) if judged and judged.status else None,
        "smtp_code": code if code is not None and abs(code) <= _MAX_INT else None,
        "cause": cause,
        "type": cause.info.type if cause else None,
        "rule": verdict.rule if verdict else None,
        "evidence": verdict.evidence if verdict else None,
    }


def audit(entry: Entry, event_id: int) -> dict[str, Any] | None:
    """Return the row of ``audit``, ``None`` where the state did not change.

    Before and after hold the fields that differ, and no others.
    """
    fact, decision = entry
    if fact.place is None or decision is None or not decision.changed:
        return None
    before, after = decision.before, decision.after
    names = [name for name in state.FIELDS if getattr(before, name) != getattr(after, name)]
    return {
        "at": fact.at,
        "event_id": event_id,
        "stream": fact.stream,
        "key": fact.place.key,
        "who": fact.who,
        "effect": decision.effect,
        "before": {name: getattr(before, name) for name in names},
        "after": {name: getattr(after, name) for name in names},
        "why": decision.why,
    }


def _typed(field: Typed | None) -> str | None:
    if field is None:
        return None
    return f"{field.type}; {field.value}" if field.type else field.value
