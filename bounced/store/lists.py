"""Take in suppression lists: thousands of addresses in one transaction.

Each entry is an event with its audit trail like any other, decided on by the policy like any other.
Addresses that nobody had heard of, which are the rule here, have a quick way into the tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import Connection, select

from bounced.lists import Listed
from bounced.model import Action, Judged, RecipientStatus, Verdict
from bounced.policy import (
    AddressState,
    Decision,
    Effect,
    Event,
    Policies,
    What,
    as_of,
    block_end,
    decide,
    listed_why,
)
from bounced.store import bulk, outbox, state
from bounced.store.bulk import Fresh
from bounced.store.facts import Fact
from bounced.store.judge import Entry, Memory
from bounced.store.schema import events
from bounced.store.state import Place, place
from bounced.store.types import storable
from bounced.store.write import write

_BLOCKED: Final = Effect.BLOCKED


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """Which list is taken in, by whom and when; ``stream`` is for entries that name none."""

    source: str
    who: str
    now: datetime
    stream: str = "default"


class Taken(NamedTuple):
    """What an entry did to its address in *stream*, and why; ``since`` when that is blocked."""

    effect: Effect
    why: str
    stream: str
    since: datetime | None


class _Known(NamedTuple):
    """What makes an entry of a list the same as one that was imported before."""

    reason: str | None
    cause: str | None
    at: datetime


def take_in(
    connection: Connection,
    listed: Sequence[Listed],
    how: Import,
    policies: Policies,
    *,
    lasting: bool = True,
) -> list[Taken | None]:
    """Let the entries take effect; return what each did, ``None`` for one imported before.

    Unless *lasting*, nothing is locked or changed.
    """
    entries = list(_placed(listed, how))
    memory = Memory(states=state.load(connection, {at for at, _ in entries}, lock=lasting))
    before = dict(memory.states)
    # Whoever listens wants to hear of each address; and then nothing goes the quick way.
    quick = not outbox.listened(connection)
    known = _imported_before(connection, before)
    taking = _Taking(how, policies, memory, known, {}, [], quick=quick)
    decisions = [taking.take(at, one) for at, one in entries]
    if lasting:
        fresh = [one for _, one in sorted(taking.fresh.items())]
        bulk.insert_all(connection, fresh)
        write(connection, [(entry, None) for entry in taking.others])
        made = {at: one.state for at, one in taking.fresh.items() if at in memory.states}
        state.save(connection, made | before, memory.states)
    return decisions


@dataclass(slots=True)
class _Taking:
    """The decisions on one batch, and what is to be written of them."""

    how: Import
    policies: Policies
    memory: Memory
    known: dict[Place, list[_Known]]
    fresh: dict[Place, Fresh]
    others: list[Entry]
    quick: bool

    def take(self, at: Place, one: Listed) -> Taken | None:
        """Decide on one entry, unless it was imported before."""
        reason = self._reason(one.why)
        when = one.since or self.how.now
        if at in self.memory.states or at in self.fresh or not self.quick:
            return self._take_known(at, one, when, reason)
        settings = self.policies.of(at.stream)
        ends = block_end(one.cause, settings, when, one.until) if settings.expire else one.until
        if ends and ends <= self.how.now:
            return self._take_known(at, one, when, reason)
        # Of an address that nobody has heard of nothing is known that could speak against it.
        why = listed_why(self.how.who, reason)
        self.fresh[at] = Fresh(at, one, when, ends, self.how.who, reason, why)
        return Taken(_BLOCKED, why, at.stream, when)

    def _reason(self, why: str) -> str:
        return f"on the list of {self.how.source}: {why}"

    def _take_known(self, at: Place, one: Listed, when: datetime, reason: str) -> Taken | None:
        known = self.known.setdefault(at, [])
        if fresh := self.fresh.get(at):
            self.memory.states.setdefault(at, fresh.state)
            known.append(_Known(fresh.reason, fresh.listed.cause, fresh.at))
        if any(_same(it, one, reason) for it in known):
            return None
        known.append(_Known(reason, one.cause, when))
        current, ends = self.memory.current(at, one.address, self.how.now)
        decision, aside = self._decided(current, one, when, reason)
        self.memory.keep(at, decision)
        if at in self.memory.states:  # else it did nothing to one that nobody has heard of
            fact = replace(_fact(at, one, when, reason, self.how.who), aside=aside)
            self.others += (*ends, Entry(fact, decision))
        return Taken(decision.effect, decision.why, at.stream, decision.after.since)

    def _decided(
        self, current: AddressState, one: Listed, when: datetime, reason: str
    ) -> tuple[Decision, str | None]:
        """Return the decision, and why there is none where the block would be over by now."""
        event = Event(
            what=What.LISTED,
            verdict=_verdict(one),
            cause=one.cause,
            who=self.how.who,
            why=reason,
            until=one.until,
        )
        settings = self.policies.of(current.stream)
        decision = decide(current, event, settings, when)
        after = decision.after
        if as_of(after, self.how.now) is after:
            return decision, None
        aside = f"its block would be over since {after.expires_at:%Y-%m-%d}"
        return decide(current, replace(event, aside=aside), settings, when), aside


def _placed(listed: Sequence[Listed], how: Import) -> Iterator[tuple[Place, Listed]]:
    """Yield each entry with its place, and as every database can store it."""
    streams = {one: place(one or how.stream, "").stream for one in {one.stream for one in listed}}
    texts = "".join(f"{one.address}{one.key}{one.why}{one.evidence}" for one in listed)
    clean = texts == storable(texts)
    for one in listed:
        safe = one if clean else _storable(one)
        yield Place(streams[one.stream], safe.key), safe


def _storable(one: Listed) -> Listed:
    return one._replace(
        address=storable(one.address),
        key=storable(one.key),
        why=storable(one.why),
        evidence=storable(one.evidence) if one.evidence is not None else None,
    )


def _same(known: _Known, one: Listed, reason: str) -> bool:
    """Whether *one* was imported before; without a date it may have been at any time.

    So an undated list that is imported again does not block anew whom an operator has unblocked.
    """
    alike = known.reason == reason and known.cause == one.cause
    return alike and (one.since is None or known.at == one.since)


def _imported_before(connection: Connection, places: Iterable[Place]) -> dict[Place, list[_Known]]:
    """Return what lists have said of *places* before."""
    known: dict[Place, list[_Known]] = {}
    table = events.c
    for stream, keys in state.chunks(places):
        query = select(table.key, table.reason, table.cause, table.at).where(
            table.stream == stream, table.key.in_(keys), table.what == What.LISTED
        )
        for key, reason, cause, at in connection.execute(query):
            known.setdefault(Place(stream, key), []).append(_Known(reason, cause, at))
    return known


def _fact(at: Place, one: Listed, when: datetime, reason: str, who: str) -> Fact:
    said = bulk.said(one)
    return Fact(
        at=when,
        origin=bulk.ORIGIN,
        what=What.LISTED,
        stream=at.stream,
        place=at,
        address=one.address,
        judged=_judged(one) if said else None,
        who=who,
        reason=reason,
        cause=one.cause,
        until=one.until,
    )


def _judged(one: Listed) -> Judged:
    return Judged(
        recipient=RecipientStatus(address=one.address, action=Action.FAILED, source="list"),
        verdict=_verdict(one),
        status=one.status,
        smtp_code=one.smtp_code,
    )


def _verdict(one: Listed) -> Verdict | None:
    if one.rule is None:
        return None
    return Verdict(cause=one.cause, rule=one.rule, evidence=one.evidence or "")
