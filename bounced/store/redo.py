"""Decide again: take a state back to before an event, and let all that came since happen anew.

Every change of a state is in ``audit``, with what each field was before; so any earlier state can
be had from the present one, however much older history has been deleted.  Every event keeps what
went into its decision.  Together they make a decision that was made on less than is known now as
right as if it had been known then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, and_, bindparam, func, or_, select

from bounced.causes import Cause
from bounced.model import Judged, RecipientStatus, Trust, Verdict
from bounced.policy import AddressState, Decision, Effect, Policies, What, as_of, latest
from bounced.store import state, write
from bounced.store.facts import Fact
from bounced.store.judge import Entry, Memory, judge
from bounced.store.recall import POSITION, recall
from bounced.store.schema import audit, events
from bounced.store.state import Place

_TIMES: Final = frozenset(name for name in state.FIELDS if name.endswith("_at")) | {"since"}


def revise(
    connection: Connection,
    at: Place,
    first: int,
    policies: Policies,
    *,
    now: datetime,
    why: str,
    origin: str = "policy",
) -> Decision | None:
    """Decide again on the events of *at* from the one with the id *first* on; write what differs.

    Returns what changed, ``None`` where nothing did.
    """
    known = state.load(connection, [at], lock=True)
    first = _reaching_back(connection, at, first)
    rows = _events(connection, at, first)
    facts = [fact(row) for row in rows]
    before = known.get(at) or _blank(at, facts)
    memory = Memory(states={at: _rewound(connection, before, at, first)})
    recall(connection, memory, [at], facts, first)
    entries = judge(facts, memory, policies)
    _mark(connection, rows, facts, entries)
    # A block that had lapsed by then has not come back, whoever noted its end.
    after = as_of(memory.states[at], latest(before.cleared_at, now))
    decision = Decision(effect=_effect(before, after), before=before, after=after, why=why)
    note = Fact(
        at=max(now, *(row.at for row in rows)) if rows else now,  # behind what it is about
        origin=origin,
        what=What.REVISED,
        stream=at.stream,
        place=at,
        address=before.address,
        position=first,
    )
    write.write(connection, [(Entry(note, decision), None)])
    if after == before:  # but what was in between may differ, and that is the mark of it
        return None
    state.save(connection, known, {at: after})
    return decision


def revise_all(
    connection: Connection,
    places: Mapping[Place, int],
    policies: Policies,
    *,
    now: datetime,
    why: str,
    origin: str = "policy",
) -> list[Decision]:
    """Decide again on each place from its event on; return what changed."""
    made = (
        revise(connection, at, places[at], policies, now=now, why=why, origin=origin)
        for at in sorted(places)
    )
    return [decision for decision in made if decision]


def _blank(at: Place, facts: list[Fact]) -> AddressState:
    """Return the state of an address that has none yet."""
    address = next((one.address for one in facts if one.address), at.key)
    return AddressState(address=address, key=at.key, stream=at.stream)


def _reaching_back(connection: Connection, at: Place, first: int) -> int:
    """Return from where on to decide again: a revision since then may have reached further back."""
    query = select(func.min(events.c.position)).where(
        events.c.stream == at.stream,
        events.c.key == at.key,
        events.c.what == What.REVISED,
        events.c.id >= bindparam("first"),
    )
    while (further := connection.execute(query, {"first": first}).scalar()) and further < first:
        first = further
    return first


def _rewound(connection: Connection, present: AddressState, at: Place, first: int) -> AddressState:
    """Return the state before the event *first*: each change since then undone."""
    query = (
        select(audit.c.before)
        .where(audit.c.stream == at.stream, audit.c.key == at.key, audit.c.event_id >= first)
        .order_by(audit.c.id.desc())
    )
    for before in connection.execute(query).scalars():
        present = replace(present, **{name: _value(name, one) for name, one in before.items()})
    return present


def _value(name: str, plain: Any) -> Any:
    """Return a field of a state as it was, from JSON."""
    if plain is None:
        return None
    if name in _TIMES:
        return datetime.fromisoformat(plain)
    return Cause(plain) if name == "cause" else plain


def _events(connection: Connection, at: Place, first: int) -> Sequence[Row[Any]]:
    """Return what happened to *at* from the event *first* on, in the order of decisions.

    Of what the policy did itself only the ends of blocks, which are told at their time.
    """
    ends = and_(events.c.origin == "policy", events.c.what == What.UNBLOCK)
    query = (
        select(events)
        .where(
            events.c.stream == at.stream,
            events.c.key == at.key,
            first <= POSITION,
            or_(events.c.origin != "policy", ends),
            events.c.what != What.REVISED,
            events.c.superseded_by.is_(None),
        )
        .order_by(POSITION, events.c.id)
    )
    return connection.execute(query).all()


def _mark(
    connection: Connection, rows: Sequence[Row[Any]], facts: list[Fact], entries: list[Entry]
) -> None:
    """Note on each event what it does now, where that is not what it did."""
    done = {id(one.fact): one.decision.effect for one in entries if one.decision}
    for row, said in zip(rows, facts, strict=True):
        effect = done.get(id(said))
        if effect and effect != (row.effect_now or row.effect):
            mark = events.update().where(events.c.id == row.id)
            connection.execute(mark.values(effect_now=effect))


def fact(row: Row[Any]) -> Fact:
    """Return what a row of ``events`` was decided on."""
    verdict = _verdict(row)
    judged = Judged(recipient=RecipientStatus(address=row.address), verdict=verdict)
    return Fact(
        at=row.at,
        origin=row.origin,
        what=What(row.what),
        stream=row.stream,
        place=Place(row.stream, row.key) if row.key is not None else None,
        address=row.address,
        judged=judged if verdict else None,
        original=write.named(row) if row.original else None,
        trust=Trust(row.trust) if row.trust else None,
        aside=row.aside,
        storm=row.storm_id is not None,
        down_since=row.down_since,
        who=row.who,
        reason=row.reason,
        cause=Cause(row.cause) if row.cause and not verdict else None,
        domain=row.domain,
        provider=row.provider,
        until=row.expires_at,
    )


def _verdict(row: Row[Any]) -> Verdict | None:
    if row.rule is None:
        return None
    return Verdict(cause=Cause(row.cause), rule=row.rule, evidence=row.evidence or "")


def _effect(before: AddressState, after: AddressState) -> Effect:
    if before.blocked == after.blocked:
        return Effect.REVISED
    return Effect.BLOCKED if after.blocked else Effect.UNBLOCKED
