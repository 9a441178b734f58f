"""What a message does to the states of its recipients.  Pure: over states that were loaded before.

Recording and previewing share all of this, so that neither can say what the other wouldn't do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from bounced.causes import Cause, Type
from bounced.model import Action, Judged, Kind
from bounced.policy import (
    BLOCKING,
    COUNTING,
    AddressState,
    Decision,
    Effect,
    Event,
    Settings,
    What,
    as_of,
    decide,
)
from bounced.store.state import Place, place
from bounced.store.types import storable, utc
from bounced.store.values import Incoming, Outcome

_MAX_ORIGINAL: Final = 200
_BY_ACTION: Final = {
    Action.FAILED: What.FAILED,
    Action.DELAYED: What.DELAYED,
    Action.DELIVERED: What.DELIVERED,
    Action.RELAYED: What.DELIVERED,
}


class Harm(NamedTuple):
    """One message of ours, and one way in which it can count against an address."""

    place: Place
    what: What
    original: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of ``events``; of ``audit`` as well, where the decision changed the state."""

    at: datetime
    origin: str
    what: What
    place: Place | None = None
    address: str | None = None
    decision: Decision | None = None
    judged: Judged | None = None
    original: str | None = None
    who: str | None = None
    cause: Cause | None = None


@dataclass(slots=True)
class Memory:
    """What is known while a batch is judged: the states, and which messages have counted."""

    states: dict[Place, AddressState] = field(default_factory=dict)
    done: dict[Harm, Effect] = field(default_factory=dict)

    def current(
        self, at: Place, address: str, now: datetime
    ) -> tuple[AddressState, tuple[Entry, ...]]:
        """Return the state at *now*, and the end of its block if that was due."""
        state = self.states.get(at) or AddressState(address=address, key=at.key, stream=at.stream)
        current = as_of(state, now)
        if current == state or state.expires_at is None:
            return state, ()
        why = f"the block for {state.cause} has lasted its time"
        decision = Decision(effect=Effect.UNBLOCKED, before=state, after=current, why=why)
        end = Entry(
            at=state.expires_at,
            origin="policy",
            what=What.UNBLOCK,
            place=at,
            address=state.address,
            decision=decision,
        )
        self.keep(at, decision)
        return current, (end,)

    def keep(self, at: Place, decision: Decision) -> None:
        """Take over what was decided; of an address without any state yet only a change."""
        if decision.changed or at in self.states:
            self.states[at] = decision.after

    def remember(self, harm: Harm, effect: Effect) -> None:
        """Note what a report of a message did; to have blocked is more than to have counted."""
        if effect in BLOCKING or (effect in COUNTING and harm not in self.done):
            self.done[harm] = effect


def places(incoming: Incoming) -> Iterator[Place]:
    """Yield the places whose state *incoming* may change."""
    for one in incoming.reading.judged:
        if at := _place(incoming, one):
            yield at


def original(incoming: Incoming) -> str | None:
    """Return which message of ours this is about: its ENVID (RFC 3461 §4.4) or its Message-ID."""
    report = incoming.reading.report
    name = report.original_envelope_id or (report.returned and report.returned.message_id) or ""
    name = storable(name.strip().removeprefix("<").removesuffix(">").strip())
    if len(name) > _MAX_ORIGINAL:
        return "sha256:" + hashlib.sha256(name.encode()).hexdigest()
    return name or None


def judge(
    incoming: Incoming, memory: Memory, settings: Settings
) -> tuple[list[Entry], list[Outcome]]:
    """Return the events of *incoming* and what became of each of its recipients.

    *memory* changes as the database is about to change.
    """
    entries: list[Entry] = []
    outcomes: list[Outcome] = []
    acting = _acting(incoming)
    for number, one in enumerate(incoming.reading.judged):
        *ends, entry = _entries(incoming, one, memory, settings, acts=number in acting)
        entries += (*ends, entry)
        outcomes.append(_outcome(one, entry.decision))
    return entries, outcomes


def operate(at: Place, address: str, event: Event, memory: Memory, now: datetime) -> list[Entry]:
    """Return what an operator's *event* does; the last entry is the event itself."""
    state, ends = memory.current(at, address, now)
    decision = decide(state, event, Settings(), now)
    memory.keep(at, decision)
    entry = Entry(
        at=now,
        origin="operator",
        what=event.what,
        place=at,
        address=address,
        decision=decision,
        who=event.who,
        cause=event.cause,
    )
    return [*ends, entry]


def _entries(
    incoming: Incoming, one: Judged, memory: Memory, settings: Settings, *, acts: bool
) -> Iterator[Entry]:
    """Yield the event of one recipient, and before it the end of a block that was due."""
    at, address, now = _place(incoming, one), one.recipient.address, utc(incoming.received_at)
    what, about, decision = _what(incoming, one), original(incoming), None
    if at and address:
        state, ends = memory.current(at, address, now)
        yield from ends
        harm = Harm(at, what, about) if about else None
        event = Event(what=what, verdict=one.verdict, already=harm and memory.done.get(harm))
        decision = decide(state, event, settings, now) if acts else _named_twice(state)
        memory.keep(at, decision)
        if harm:
            memory.remember(harm, decision.effect)
    yield Entry(
        at=now,
        origin="report",
        what=what,
        place=at,
        address=address,
        decision=decision,
        judged=one,
        original=about,
    )


def _place(incoming: Incoming, one: Judged) -> Place | None:
    """Return where the state of a recipient is kept.

    ``@example.org`` would be the whole domain: that only an operator can block.
    """
    address = one.recipient.address
    at = place(incoming.stream, address) if address else None
    return None if at is None or not at.key or at.key.startswith("@") else at


def _what(incoming: Incoming, one: Judged) -> What:
    kind = incoming.reading.report.kind
    if kind is Kind.COMPLAINT and one.verdict and one.verdict.cause is Cause.COMPLAINT:
        return What.COMPLAINT
    action = one.recipient.action
    return _BY_ACTION.get(action, What.NOTED) if kind is Kind.BOUNCE and action else What.NOTED


def _acting(incoming: Incoming) -> set[int]:
    """Return which recipients act: of those with one address the gravest, by their numbers."""
    gravest: dict[Place, tuple[int, int]] = {}
    for number, one in enumerate(incoming.reading.judged):
        if at := _place(incoming, one):
            rank = (_gravity(incoming, one), -number)
            gravest[at] = max(rank, gravest.get(at, rank))
    return {-number for _, number in gravest.values()}


def _gravity(incoming: Incoming, one: Judged) -> int:
    what = _what(incoming, one)
    hard = one.verdict is not None and one.verdict.type is Type.HARD
    if what is What.FAILED:
        return 4 if hard else 3
    return {What.COMPLAINT: 5, What.DELIVERED: 2, What.DELAYED: 1}.get(what, 0)


def _named_twice(state: AddressState) -> Decision:
    why = "this report names the address more than once, and once is enough"
    return Decision(effect=Effect.RECORDED, before=state, after=state, why=why)


def _outcome(one: Judged, decision: Decision | None) -> Outcome:
    verdict = one.verdict
    return Outcome(
        address=one.recipient.address,
        action=one.recipient.action,
        cause=verdict.cause if verdict else None,
        rule=verdict.rule if verdict else None,
        evidence=verdict.evidence if verdict else None,
        decision=decision,
    )
