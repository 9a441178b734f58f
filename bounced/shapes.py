"""The JSON of an address's state and history, one for the command line and for the HTTP API.

Keys may be added; those of the README stay.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final, TypeAlias

from bounced.model import Verdict
from bounced.policy import AddressState, Decision
from bounced.store import Counts, HistoryEntry

Shape: TypeAlias = dict[str, object]
NOBODY: Final = "nobody"
"""How reports are called that can't be put down to anybody whom we have mailed."""


def state(known: AddressState, soft_limit: int) -> Shape:
    """Return the shape of ``bounced check --json`` and ``bounced list --json``."""
    return {
        "address": known.address,
        "stream": known.stream,
        "blocked": known.blocked,
        "since": when(known.since),
        "expires_at": when(known.expires_at),
        "blocked_by": known.blocked_by,
        "why": known.why,
        "cause": known.cause and str(known.cause),
        "type": known.type and str(known.type),
        "rule": known.rule,
        "evidence": known.evidence,
        "soft_count": known.soft_count,
        "soft_limit": soft_limit,
        "complaints": known.complaints,
        "last_failure_at": when(known.last_failure_at),
        "last_delivery_at": when(known.last_delivery_at),
    }


def nothing(address: str, stream: str, soft_limit: int) -> Shape:
    """Return the shape of an address that nothing is known of."""
    return state(AddressState(address=address, key="", stream=stream), soft_limit)


def event(entry: HistoryEntry) -> Shape:
    """Return the shape of ``bounced history --json``."""
    return {
        "at": when(entry.at),
        "stream": entry.stream,
        "address": entry.address,
        "origin": entry.origin,
        "what": str(entry.what),
        "effect": str(entry.effect),
        "why": entry.why,
        "action": entry.action and str(entry.action),
        "status": entry.status,
        "smtp_code": entry.smtp_code,
        "cause": entry.cause and str(entry.cause),
        "type": entry.type and str(entry.type),
        "rule": entry.rule,
        "evidence": entry.evidence,
        "trust": entry.trust and str(entry.trust),
        "who": entry.who,
        "original": entry.original,
        "queue_id": entry.queue_id,
        "source": entry.source,
        "kind": entry.kind and str(entry.kind),
        "reporting_mta": entry.reporting_mta,
    }


def counts(found: Counts, since: datetime | None) -> Shape:
    """Return the shape of ``bounced messages --json``."""
    return {
        "since": when(since),
        "messages": found.messages,
        "again": found.again,
        "kinds": {str(kind): number for kind, number in found.kinds.most_common()},
        "trust": {str(trust): number for trust, number in found.trust.items()},
        "matched": {str(match or NOBODY): number for match, number in found.matched.items()},
    }


def verdict(found: Verdict | None) -> Shape:
    """Return cause, type, scope, rule and evidence; all null where nothing failed."""
    return {
        "cause": found and str(found.cause),
        "type": found and str(found.type),
        "scope": found and str(found.scope),
        "rule": found and found.rule,
        "evidence": found and found.evidence,
    }


def decision(made: Decision | None) -> Shape:
    """Return what an event did, or would do, to an address."""
    return {"effect": made and str(made.effect), "why": made and made.why}


def when(at: datetime | None) -> str | None:
    """Return a time in RFC 3339."""
    return at.isoformat() if at else None
