"""Let facts take effect: judge them against what is known, and write what follows.

One place for all of them, whoever brings them: reports, our own SMTP client, operators.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection

from bounced.model import Report
from bounced.notice import Topic
from bounced.policy import Decision, Policies
from bounced.store import incidents, outbox, secrets, state, storms
from bounced.store.down import corrected, late
from bounced.store.facts import Fact
from bounced.store.incidents import Incident
from bounced.store.judge import Entry, Memory, judge
from bounced.store.notices import of_incidents, of_storms
from bounced.store.outage import Foresight, foresee
from bounced.store.recall import recall
from bounced.store.redo import revise_all
from bounced.store.storms import Storm
from bounced.store.write import write


@dataclass(frozen=True, slots=True)
class Source:
    """The facts that come together, and the message that they are from, if there was one."""

    facts: Sequence[Fact]
    message_id: int | None = None
    report: Report | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What has happened: the entries of each source, and what they mean beyond one address."""

    entries: list[list[Entry]]
    incidents: list[Incident]
    storms: list[Storm]
    revised: list[Decision]


def take_effect(connection: Connection, sources: Sequence[Source], policies: Policies) -> Effects:
    """Judge the facts of each source, and write all that follows."""
    foresight = foresee(connection, [fact for one in sources for fact in one.facts], policies)
    memory = remembered(connection, foresight.facts, lock=True)
    before = dict(memory.states)
    lines: list[tuple[Entry, int | None]] = []
    judged: list[list[Entry]] = []
    facts = iter(foresight.facts)
    for one in sources:
        entries = judge(islice(facts, len(one.facts)), memory, policies)
        lines += ((entry, one.message_id) for entry in entries)
        judged.append(entries)
    again = incidents.told_before(connection, foresight.facts)
    doubtful = late(connection, {(one.domain, one.at) for one in foresight.facts if one.domain})
    ids = write(connection, lines)
    state.save(connection, before, memory.states)
    reports = (one.report for one in sources for _ in one.facts)
    opened = incidents.keep(connection, zip(foresight.facts, reports, strict=True), again)
    broken, revised = storms.keep(connection, foresight, _events(foresight, lines, ids), policies)
    if doubtful:
        now = max(fact.at for fact in foresight.facts)
        revised += _down_or_not(connection, doubtful, now, policies)
    outbox.add(connection, of_incidents(Topic.INCIDENT_OPENED, opened))
    outbox.add(connection, of_storms(Topic.STORM_STARTED, broken))
    return Effects(entries=judged, incidents=opened, storms=broken, revised=revised)


def _down_or_not(
    connection: Connection,
    told: Sequence[tuple[str, datetime]],
    now: datetime,
    policies: Policies,
) -> list[Decision]:
    """Decide again on blocks for servers that are down for good, where what is *told* came late."""
    places = corrected(connection, told, policies)
    why = "decided again: a report of its server that came late says since when it is down, or not"
    return revise_all(connection, places, policies, now=now, why=why)


def end_blocks(connection: Connection, now: datetime, limit: int) -> int:
    """End at most *limit* of the blocks whose time is over at *now*; return how many there were.

    They would end by themselves when the address is next heard of; this is for who is told of it.
    Of a forgotten address nobody is told, and nothing is left then.
    """
    over = state.ending(connection, now, limit)
    forgotten = [at for at in over if secrets.is_hash(at.key)]
    state.drop(connection, forgotten)
    before = state.load(connection, set(over).difference(forgotten), lock=True)
    memory = Memory(states=dict(before))
    ends = [memory.current(at, known.address, now)[1] for at, known in sorted(before.items())]
    write(connection, [(entry, None) for entries in ends for entry in entries])
    state.save(connection, before, memory.states)
    return len(over)


def foreseen(connection: Connection, facts: Sequence[Fact], policies: Policies) -> list[Entry]:
    """Return what would become of *facts*; changes nothing."""
    facts = foresee(connection, facts, policies).facts
    return judge(facts, remembered(connection, facts, lock=False), policies)


def _events(
    foresight: Foresight, lines: Sequence[tuple[Entry, int | None]], ids: Sequence[int]
) -> dict[int, int]:
    """Return the event of each fact, by the fact's number."""
    found = {id(entry.fact): at for (entry, _), at in zip(lines, ids, strict=True)}
    return {number: found[id(fact)] for number, fact in enumerate(foresight.facts)}


def remembered(connection: Connection, facts: Collection[Fact], *, lock: bool) -> Memory:
    """Load what the judgement of *facts* needs; the states first, which lock everything else."""
    wanted = (fact.place for fact in facts if fact.place)
    memory = Memory(states=state.load(connection, wanted, lock=lock))
    # An address without any state has no event that counted.
    recall(connection, memory, memory.states, facts)
    return memory
