"""What facts do to the states of their addresses.  Pure: over states that were loaded before.

Recording, previewing and judging again share all of this, so that none can say what the others
wouldn't do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from bounced.model import Judged
from bounced.policy import (
    BLOCKING,
    COUNTING,
    AddressState,
    Decision,
    Effect,
    Policies,
    What,
    as_of,
    decide,
)
from bounced.store.facts import Fact, Original
from bounced.store.state import Place
from bounced.store.values import Outcome


class Entry(NamedTuple):
    """One line of ``events``; of ``audit`` as well, where the decision changed the state."""

    fact: Fact
    decision: Decision | None


class Harm(NamedTuple):
    """What a report of one message of ours has done to one address, in one way."""

    original: Original
    effect: Effect


@dataclass(slots=True)
class Memory:
    """What is known while facts are judged: the states, and which messages have counted."""

    states: dict[Place, AddressState] = field(default_factory=dict)
    done: dict[tuple[Place, What], list[Harm]] = field(default_factory=dict)

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
        end = Fact(
            at=state.expires_at,
            origin="policy",
            what=What.UNBLOCK,
            stream=at.stream,
            place=at,
            address=state.address,
        )
        self.keep(at, decision)
        return current, (Entry(end, decision),)

    def keep(self, at: Place, decision: Decision) -> None:
        """Take over what was decided; of an address without any state yet only a change."""
        if decision.changed or at in self.states:
            self.states[at] = decision.after

    def already(self, at: Place, what: What, about: Original | None) -> Effect | None:
        """Return the gravest that an earlier report of this message has done."""
        done = self.done.get((at, what), ()) if about else ()
        effects = [one.effect for one in done if about and one.original.same(about)]
        return next((one for one in effects if one in BLOCKING), next(iter(effects), None))

    def remember(self, at: Place, what: What, about: Original, effect: Effect) -> None:
        """Note what a report of a message did, if it did harm."""
        if effect in COUNTING:
            self.done.setdefault((at, what), []).append(Harm(about, effect))


def judge(facts: Iterable[Fact], memory: Memory, policies: Policies) -> list[Entry]:
    """Return what becomes of *facts*, one after the other; *memory* changes as the database will.

    Beside an entry for each fact, in their order, there are the ends of blocks that were due.
    """
    return [entry for fact in facts for entry in _entries(fact, memory, policies)]


def outcomes(entries: Iterable[Entry]) -> tuple[Outcome, ...]:
    """Return what became of the recipients of a message."""
    return tuple(_outcome(entry.fact.judged, entry) for entry in entries if entry.fact.judged)


def _entries(fact: Fact, memory: Memory, policies: Policies) -> Iterator[Entry]:
    """Yield the event of one recipient, and before it the end of a block that was due."""
    at, decision = fact.place, None
    if at and fact.address:
        state, ends = memory.current(at, fact.address, fact.at)
        yield from ends
        if fact.origin == "policy":  # the end of a block, which is told again if it still is one
            return
        event = fact.event(memory.already(at, fact.what, fact.original))
        decision = decide(state, event, policies.of(at.stream), fact.at)
        memory.keep(at, decision)
        if fact.original:
            memory.remember(at, fact.what, fact.original, decision.effect)
    yield Entry(fact, decision)


def _outcome(one: Judged, entry: Entry) -> Outcome:
    verdict = one.verdict
    return Outcome(
        address=one.address,
        action=one.recipient.action,
        cause=verdict.cause if verdict else None,
        rule=verdict.rule if verdict else None,
        evidence=verdict.evidence if verdict else None,
        decision=entry.decision,
        trust=entry.fact.trust,
    )
