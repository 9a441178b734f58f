"""Decide what one event does to one address.

Whether many fail alike, or a whole domain is down, is known from other addresses: the event says it
(``storm``, ``down_since``), and :mod:`bounced.policy.outage` finds it out.

A reason not to count a failure is a gate: a function in ``_GATES``; a kind of event is a row of
``_DECIDERS``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from bounced.causes import Cause, Type
from bounced.model import Trust, Verdict
from bounced.policy.blocking import Outcome, block, blocked_already
from bounced.policy.state import (
    BLOCKING,
    AddressState,
    Decision,
    Effect,
    Event,
    Settings,
    What,
    as_of,
    cleared,
    latest,
)
from bounced.policy.words import day, imported, limit, nth, span


def decide(state: AddressState, event: Event, settings: Settings, now: datetime) -> Decision:
    """Return what *event*, which happened at *now*, does to *state*."""
    current = as_of(state, now)
    if harmless := event.aside or untrusted(event.trust, settings):
        return Decision(effect=Effect.RECORDED, before=current, after=current, why=harmless)
    effect, after, why = _DECIDERS[event.what](current, event, settings, now)
    return Decision(effect=effect, before=current, after=after, why=why)


def untrusted(trust: Trust | None, settings: Settings) -> str | None:
    """Return why a report of that *trust* changes nothing, ``None`` where it may."""
    if trust is Trust.FORGED:
        return "the signature of its return path is wrong: forged"
    if settings.signed_only and trust not in (Trust.SIGNED, None):
        return f"{trust}, and only signed reports change anything here"
    return None


_Decider = Callable[[AddressState, Event, Settings, datetime], Outcome]


def _failed(state: AddressState, event: Event, settings: Settings, now: datetime) -> Outcome:
    verdict = event.verdict
    if verdict is None:
        return Effect.RECORDED, state, "a failure without a verdict is only recorded"
    if not state.blocked:
        state = _with_failure(state, verdict, now)
    state = replace(state, last_failure_at=latest(state.last_failure_at, now))
    harmless = next((why for gate in _GATES if (why := gate(state, event, settings, now))), None)
    if harmless:
        return Effect.RECORDED, state, harmless
    if event.storm:
        soft = verdict.type is Type.SOFT
        return (Effect.RECORDED, state, _STORM) if soft else _spare(state, verdict, settings, now)
    if why := _hard(verdict, event, settings, now):
        return block(state, verdict, settings, now, why)
    if state.blocked:
        return Effect.UNCHANGED, state, blocked_already(state)
    return _count(state, verdict, settings, now)


def _with_failure(state: AddressState, verdict: Verdict, now: datetime) -> AddressState:
    """Show the last failure's cause; an older one that comes late is not the last."""
    if state.last_failure_at and now < state.last_failure_at:
        return state
    return replace(state, cause=verdict.cause, rule=verdict.rule, evidence=verdict.evidence)


def _harmless_cause(_s: AddressState, event: Event, _p: Settings, _n: datetime) -> str | None:
    verdict = event.verdict
    if verdict is None or verdict.cause.info.counts:
        return None
    return f"{verdict.cause} says nothing about the recipient and never counts"


def _repeated(_s: AddressState, event: Event, _p: Settings, _n: datetime) -> str | None:
    """Count one message once; but a hard failure may follow on a soft one for the same message."""
    hard = event.verdict is not None and event.verdict.type is Type.HARD
    if event.already is Effect.SPARED:
        return "another report for this message was spared already"
    if event.already in BLOCKING or (event.repeated and not hard):
        return "another report for this message has counted already"
    return None


def _settled(state: AddressState, _e: Event, _p: Settings, now: datetime) -> str | None:
    if state.cleared_at and now < state.cleared_at:
        return f"older than the end of the last block, {day(state.cleared_at)}"
    return None


_GATES: Final = (_harmless_cause, _repeated, _settled)


_STORM: Final = "many of its domain fail alike at this time: an outage, which counts for nobody"
_REFUSED: Final = (
    "many of its domain are refused alike at this time: blocks nobody until it is confirmed"
)


def _spare(state: AddressState, verdict: Verdict, settings: Settings, now: datetime) -> Outcome:
    """Keep a hard failure in a storm in mind; long after another one it confirms that."""
    if state.blocked:
        return Effect.UNCHANGED, state, blocked_already(state)
    delivered, first, last = state.last_delivery_at, state.first_spared_at, state.last_spared_at
    if delivered and now < delivered:
        return Effect.SPARED, state, _REFUSED
    first, last = min(first or now, now), latest(last, now)
    state = replace(state, first_spared_at=first, last_spared_at=last)
    if last - first <= settings.confirm_after:
        return Effect.SPARED, state, _REFUSED
    why = f"hard failure ({verdict.cause}), as {span(last - first)} before: confirmed"
    return block(state, verdict, settings, now, why)


def _hard(verdict: Verdict, event: Event, settings: Settings, now: datetime) -> str | None:
    """Return why a failure blocks at once, if it does."""
    if verdict.type is Type.HARD:
        return f"hard failure ({verdict.cause})"
    since = event.down_since
    if since and now - since > settings.down_after:
        return f"its server has been down for {span(now - since)}, by every report: for good"
    return None


def _count(state: AddressState, verdict: Verdict, settings: Settings, now: datetime) -> Outcome:
    """Add a soft failure to the run that it belongs to."""
    if aside := _beside_the_run(state, settings, now):
        return Effect.RECORDED, state, aside
    first, last = state.first_soft_at, state.last_soft_at
    anew = first is None or last is None or now - last > settings.soft_window
    count = 1 if anew else state.soft_count + 1
    state = replace(
        state,
        soft_count=count,
        first_soft_at=now if anew or first is None else min(first, now),
        last_soft_at=now if anew else latest(last, now),
    )
    why = f"{nth(count)} soft failure in a row ({verdict.cause}); {limit(settings.soft_limit)}"
    if count >= settings.soft_limit:
        return block(state, verdict, settings, now, why)
    return Effect.COUNTED, state, why


def _beside_the_run(state: AddressState, settings: Settings, now: datetime) -> str | None:
    """Return why a soft failure at *now* adds nothing to the run of soft failures."""
    delivered, first, last = state.last_delivery_at, state.first_soft_at, state.last_soft_at
    if delivered and now < delivered:
        return f"older than the last delivery, {day(delivered)}"
    if first is None or last is None:
        return None
    if first - now > settings.soft_window:
        return f"{span(first - now)} older than the failures that count"
    # Between first and last nobody knows how near the next one is: in doubt it doesn't count.
    interval = settings.soft_interval
    if interval and last - now > -interval and now - first > -interval:
        return f"within {span(interval)} of another failure, and these count once"
    return None


def _complaint(state: AddressState, event: Event, settings: Settings, now: datetime) -> Outcome:
    if event.repeated:
        return Effect.RECORDED, state, "another complaint about this message has counted already"
    if settled := _settled(state, event, settings, now):
        return Effect.RECORDED, state, settled
    count = state.complaints + 1
    state = replace(state, complaints=count)
    why = f"{nth(count)} complaint; {limit(settings.complaint_limit)}"
    if count >= settings.complaint_limit:
        verdict = event.verdict or Verdict(
            cause=Cause.COMPLAINT, rule="policy/complaint", evidence=""
        )
        return block(state, verdict, settings, now, why)
    return Effect.COUNTED, state, why


def _delivered(state: AddressState, _e: Event, _p: Settings, now: datetime) -> Outcome:
    after = _refuted(replace(state, last_delivery_at=latest(state.last_delivery_at, now)), now)
    if state.blocked:
        return Effect.RECORDED, after, "delivered, which lifts no block"
    first, last = state.first_soft_at, state.last_soft_at
    if not state.soft_count or first is None or last is None or now < first:
        return Effect.RECORDED, after, "delivered; no soft failures before it to forget"
    if now < last:
        # A report that comes late: of the run, only the last failure is known to be later.
        after = replace(after, soft_count=1, first_soft_at=last)
        return (
            Effect.RESET,
            after,
            f"delivered in between; {state.soft_count} soft failures become 1",
        )
    after = replace(after, soft_count=0, first_soft_at=None, last_soft_at=None)
    return Effect.RESET, after, f"delivered; {state.soft_count} soft in a row forgotten"


def _refuted(state: AddressState, now: datetime) -> AddressState:
    """Forget the hard failures that a storm has spared, as far as they are older."""
    first, last = state.first_spared_at, state.last_spared_at
    if first is None or last is None or now < first:
        return state
    later = last if now < last else None
    return replace(state, first_spared_at=later, last_spared_at=later)


def _delayed(state: AddressState, _e: Event, _p: Settings, _n: datetime) -> Outcome:
    return Effect.RECORDED, state, "delayed, not failed: never counts"


def _noted(state: AddressState, _e: Event, _p: Settings, _n: datetime) -> Outcome:
    return Effect.RECORDED, state, "neither a failure nor a delivery"


def _listed(state: AddressState, event: Event, settings: Settings, now: datetime) -> Outcome:
    """Block as of the day that a suppression list names: what happened since is newer."""
    cause = event.cause or Cause.SUPPRESSED
    verdict = event.verdict or Verdict(cause=cause, rule="", evidence="")
    outdated = _settled(state, event, settings, now)
    if verdict.cause not in _WISHES and state.last_delivery_at and now < state.last_delivery_at:
        outdated = outdated or f"older than the last delivery, {day(state.last_delivery_at)}"
    if outdated:
        return Effect.RECORDED, state, outdated
    why = imported(event.who, event.why)
    return block(state, verdict, settings, now, why, by=event.who, until=event.until)


_WISHES: Final = frozenset({Cause.COMPLAINT, Cause.SUPPRESSED})
"""What a delivery does not refute: nobody said that mail can't arrive."""


def _operator_block(state: AddressState, event: Event, _p: Settings, now: datetime) -> Outcome:
    """Block for good: an operator's block doesn't expire, whatever its cause."""
    why = f"blocked by {event.who}: {event.why}"
    if state.blocked and state.expires_at is None:
        return Effect.UNCHANGED, state, blocked_already(state)
    after = replace(
        state,
        blocked=True,
        since=state.since if state.blocked else now,
        expires_at=None,
        blocked_by=event.who,
        why=why,
        cause=event.cause,
        rule=None,
        evidence=None,
    )
    return (Effect.EXTENDED if state.blocked else Effect.BLOCKED), after, why


def _operator_unblock(state: AddressState, event: Event, _p: Settings, now: datetime) -> Outcome:
    if not state.blocked:
        return Effect.UNCHANGED, state, "not blocked"
    return Effect.UNBLOCKED, cleared(state, now), f"unblocked by {event.who}: {event.why}"


_DECIDERS: Final[Mapping[What, _Decider]] = {
    What.FAILED: _failed,
    What.DELAYED: _delayed,
    What.DELIVERED: _delivered,
    What.COMPLAINT: _complaint,
    What.LISTED: _listed,
    What.BLOCK: _operator_block,
    What.UNBLOCK: _operator_unblock,
    What.NOTED: _noted,
    What.REVISED: _noted,
}
