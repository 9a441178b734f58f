"""Let facts take effect: judge them against what is known, and write what follows.

One place for all of them, whoever brings them: reports, our own SMTP client, operators.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select

from bounced.policy import COUNTING, Effect, Policies, What
from bounced.store import outbox, rows, state
from bounced.store.facts import Fact, Original
from bounced.store.judge import Entry, Memory, judge
from bounced.store.schema import audit, events
from bounced.store.state import CHUNK, Place

Source = tuple[int | None, Sequence[Fact]]
"""The facts that one message brings, and the message's id; ``None`` where there was none."""


def take_effect(
    connection: Connection, sources: Sequence[Source], policies: Policies
) -> list[list[Entry]]:
    """Judge the facts of each source and write all that follows; return the entries of each."""
    memory = remembered(connection, [fact for _, facts in sources for fact in facts], lock=True)
    before = dict(memory.states)
    judged = [(at, judge(facts, memory, policies)) for at, facts in sources]
    write(connection, [(entry, at) for at, entries in judged for entry in entries])
    state.save(connection, before, memory.states)
    return [entries for _, entries in judged]


def end_blocks(connection: Connection, now: datetime, limit: int) -> int:
    """End at most *limit* of the blocks whose time is over at *now*; return how many there were.

    They would end by themselves when the address is next heard of; this is for who is told of it.
    """
    before = state.load(connection, state.ending(connection, now, limit), lock=True)
    memory = Memory(states=dict(before))
    ends = [memory.current(at, known.address, now)[1] for at, known in sorted(before.items())]
    write(connection, [(entry, None) for entries in ends for entry in entries])
    state.save(connection, before, memory.states)
    return len(before)


def write(connection: Connection, lines: Sequence[tuple[Entry, int | None]]) -> list[int]:
    """Append to ``events``, and to ``audit`` for each event that changed a state; return the ids.

    With each entry comes the id of the message that it is from.
    """
    if not lines:
        return []
    insert = events.insert().returning(events.c.id, sort_by_parameter_order=True)
    made = connection.execute(insert, [rows.event(entry, at) for entry, at in lines])
    ids = list(made.scalars())
    trail = [rows.audit(entry, at) for (entry, _), at in zip(lines, ids, strict=True)]
    if changes := [row for row in trail if row]:
        connection.execute(audit.insert(), changes)
    outbox.add_entries(connection, ((entry, at) for (entry, _), at in zip(lines, ids, strict=True)))
    return ids


def remembered(connection: Connection, facts: Collection[Fact], *, lock: bool) -> Memory:
    """Load what the judgement of *facts* needs; the states first, which lock everything else."""
    wanted = (fact.place for fact in facts if fact.place)
    memory = Memory(states=state.load(connection, wanted, lock=lock))
    about = {fact.original for fact in facts if fact.original}
    for stream in sorted({at.stream for at in memory.states}):
        # An address without any state has no event that counted.
        keys = [at.key for at in memory.states if at.stream == stream]
        for some_keys in _chunks(keys):
            for some in _chunks({name for one in about for name in one.names}):
                _recall(connection, memory, stream, some_keys, some)
    return memory


def _recall(
    connection: Connection, memory: Memory, stream: str, keys: list[str], about: list[str]
) -> None:
    """Remember what earlier reports about the same messages have counted against *keys*."""
    table = events.c
    query = select(
        table.key, table.original, table.original_message_id, table.what, table.effect
    ).where(
        table.stream == stream,
        table.key.in_(keys),
        or_(table.original.in_(about), table.original_message_id.in_(about)),
        table.effect.in_(sorted(COUNTING)),
        table.superseded_by.is_(None),
        table.storm_id.is_(None),
    )
    for row in connection.execute(query):
        memory.remember(Place(stream, row.key), What(row.what), named(row), Effect(row.effect))


def named(row: Any) -> Original:
    """Return which message of ours an event's row is about.

    One name alone may have been either, in rows that know no Message-ID beside it.
    """
    message_id = row.original_message_id or row.original
    envelope_id = row.original if row.original != message_id else None
    return Original(envelope_id, message_id)


def _chunks(values: Iterable[str]) -> Iterator[list[str]]:
    ordered = sorted(values)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]
