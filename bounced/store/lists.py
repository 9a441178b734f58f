"""Import suppression lists: thousands of addresses in one transaction.

Each is an event with its audit trail like any other.  What was imported before is not again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import Connection, select

from bounced.lists import Listed
from bounced.model import Action, Judged, RecipientStatus, Status, Verdict
from bounced.policy import BLOCKING, Decision, Effect, Policies, What, as_of, decide
from bounced.store import bulk, state
from bounced.store.facts import Fact
from bounced.store.judge import Entry, Memory
from bounced.store.schema import events
from bounced.store.state import Place, place
from bounced.store.types import storable, utc

ORIGIN: Final = "import"


def facts_of(
    listed: Sequence[Listed], *, stream: str, source: str, who: str, now: datetime
) -> list[Fact]:
    """Return what the list of *source*, which *who* imports, says of each address."""
    streams = {one: place(one or stream, "").stream for one in {row.stream for row in listed}}
    about = f"on the list of {source}: "
    return [
        Fact(
            at=utc(one.since or now),
            origin=ORIGIN,
            what=What.LISTED,
            stream=streams[one.stream],
            place=Place(streams[one.stream], one.key),
            address=one.address,
            judged=_judged(one) if one.rule else None,
            who=who,
            reason=storable(about + one.why),
            cause=one.cause,
            until=one.until,
        )
        for one in listed
    ]


def take_in(
    connection: Connection,
    listed: Sequence[Listed],
    facts: Sequence[Fact],
    *,
    policies: Policies,
    now: datetime,
    lasting: bool,
) -> list[Decision | None]:
    """Let the *facts* of *listed* take effect; return what each did, ``None`` if known before.

    Without *lasting* nothing is locked or changed.
    """
    wanted = {fact.place for fact in facts if fact.place}
    memory = Memory(states=state.load(connection, wanted, lock=lasting))
    before = dict(memory.states)
    known = _known(connection, before)
    entries: list[Entry] = []
    decisions: list[Decision | None] = []
    for one, fact in zip(listed, facts, strict=True):
        assert fact.place is not None
        listings = known.setdefault(fact.place, [])
        if any(_same(it, fact, dated=one.since is not None) for it in listings):
            decisions.append(None)
            continue
        listings.append(Listing(fact.reason, fact.cause, fact.at))
        entries += _entries(fact, fact.place, memory, policies, now)
        decisions.append(entries[-1].decision)
    if lasting:
        bulk.write(connection, entries)
        bulk.save(connection, before, memory.states)
    return decisions


def _entries(
    fact: Fact, at: Place, memory: Memory, policies: Policies, now: datetime
) -> Iterator[Entry]:
    """Yield the event, and before it the end of a block that is due by *now*."""
    assert fact.address is not None
    state, ends = memory.current(at, fact.address, now)
    yield from ends
    decision = decide(state, fact.event(None), policies.of(at.stream), fact.at)
    after = decision.after
    if decision.effect in BLOCKING and as_of(after, now) is not after:
        why = f"{decision.why}; the block would be over since {after.expires_at:%Y-%m-%d}"
        decision = Decision(effect=Effect.RECORDED, before=state, after=state, why=why)
    memory.keep(at, decision)
    yield Entry(fact, decision)


class Listing(NamedTuple):
    """What makes an entry of a list the same as one that was imported before."""

    reason: str | None
    cause: str | None
    at: datetime


def _same(known: Listing, fact: Fact, *, dated: bool) -> bool:
    """Whether this was imported before; one without a date was so at any time.

    So an undated list that is imported again does not block anew whom an operator has unblocked.
    """
    alike = known.reason == fact.reason and known.cause == fact.cause
    return alike and (not dated or known.at == fact.at)


def _known(connection: Connection, places: Iterable[Place]) -> dict[Place, list[Listing]]:
    """Return what lists have said before of *places*; of no others can there be anything."""
    known: dict[Place, list[Listing]] = {}
    table = events.c
    for stream, keys in state.chunks(places):
        query = select(table.key, table.reason, table.cause, table.at).where(
            table.stream == stream, table.key.in_(keys), table.what == What.LISTED
        )
        for row in connection.execute(query):
            listing = Listing(row.reason, row.cause, row.at)
            known.setdefault(Place(stream, row.key), []).append(listing)
    return known


def _judged(one: Listed) -> Judged:
    return Judged(
        recipient=RecipientStatus(address=one.address, action=Action.FAILED, source="list"),
        verdict=Verdict(cause=one.cause, rule=one.rule or "", evidence=one.evidence or ""),
        status=Status.find(one.status) if one.status else None,
        smtp_code=one.smtp_code,
    )
