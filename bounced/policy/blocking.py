"""How a block begins, and how long it lasts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

from bounced.causes import Cause
from bounced.model import Verdict
from bounced.policy.state import AddressState, Effect, Settings
from bounced.policy.words import day

Outcome: TypeAlias = tuple[Effect, AddressState, str]
"""What an event does, the state after it, and why."""


def block_end(
    cause: Cause, settings: Settings, now: datetime, until: datetime | None = None
) -> datetime | None:
    """Return when a block that begins *now* ends: *until* then, else as set for its cause."""
    lasting = settings.expire.get(cause)
    return now + lasting if until is None and lasting is not None else until


def block(
    state: AddressState,
    verdict: Verdict,
    settings: Settings,
    now: datetime,
    why: str,
    *,
    by: str | None = None,
    until: datetime | None = None,
) -> Outcome:
    """Block; a block that stands gives way only to a longer one, and keeps its beginning."""
    until = block_end(verdict.cause, settings, now, until)
    if until and until <= now:
        return Effect.RECORDED, state, f"{why}; blocks for {verdict.cause} are set to last no time"
    if state.blocked and not _longer(until, state.expires_at):
        return Effect.UNCHANGED, state, blocked_already(state)
    after = replace(
        state,
        blocked=True,
        since=state.since if state.blocked else now,
        expires_at=until,
        blocked_by=by,
        why=why,
        cause=verdict.cause,
        rule=verdict.rule or None,
        evidence=verdict.evidence or None,
    )
    return (Effect.EXTENDED if state.blocked else Effect.BLOCKED), after, why


def _longer(until: datetime | None, than: datetime | None) -> bool:
    return than is not None and (until is None or until > than)


def blocked_already(state: AddressState) -> str:
    """Return why another reason to block changes nothing."""
    return f"blocked already since {day(state.since)}" if state.since else "blocked already"
