"""The one commit: raw message, report, events, changed states and audit trail, or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, select

from bounced.policy import COUNTING, Effect, Policies, What
from bounced.store import rows, state
from bounced.store.judge import Entry, Harm, Memory, judge, original, places
from bounced.store.schema import audit, events, messages, raw_messages, reports
from bounced.store.state import CHUNK, Place
from bounced.store.values import Incoming, Outcome, Recorded


@dataclass(frozen=True, slots=True)
class Prepared:
    """The messages of a batch, each once, and what of their work needs no transaction."""

    batch: Sequence[Incoming]
    first: dict[str, Incoming]
    raw: dict[str, dict[str, Any]]


def prepare(batch: Sequence[Incoming], retention: timedelta | None) -> Prepared:
    """Compress each message of *batch* once."""
    first: dict[str, Incoming] = {}
    for one in batch:
        first.setdefault(one.fingerprint, one)
    return Prepared(
        batch, first, {key: rows.raw_message(one, retention) for key, one in first.items()}
    )


def record(connection: Connection, prepared: Prepared, policies: Policies) -> list[Recorded]:
    """Write what *prepared* says and does; what was recorded before is only counted as seen."""
    known = _known(connection, prepared.first)
    new = [one for key, one in prepared.first.items() if key not in known]
    ids = known | _insert_messages(connection, new, prepared)
    memory = _remembered(connection, new, lock=True)
    before = dict(memory.states)
    lines: list[tuple[Entry, dict[str, Any]]] = []
    outcomes: dict[int, tuple[Outcome, ...]] = {}
    for one in new:
        entries, done = judge(one, memory, policies.of(one.stream))
        outcomes[id(one)] = tuple(done)
        lines += ((entry, rows.event(entry, ids[one.fingerprint], one)) for entry in entries)
    write(connection, lines)
    state.save(connection, before, memory.states)
    _count_seen(connection, prepared, ids, new)
    return [
        Recorded(
            message_id=ids[one.fingerprint],
            duplicate=id(one) not in outcomes,
            outcomes=outcomes.pop(id(one), ()),
        )
        for one in prepared.batch
    ]


def preview(connection: Connection, incoming: Incoming, policies: Policies) -> list[Outcome]:
    """Return what ``record`` would do with *incoming*: nothing, if it was recorded before."""
    if _known(connection, [incoming.fingerprint]):
        return []
    memory = _remembered(connection, [incoming], lock=False)
    return judge(incoming, memory, policies.of(incoming.stream))[1]


def write(connection: Connection, lines: Sequence[tuple[Entry, dict[str, Any]]]) -> None:
    """Append to ``events``, and to ``audit`` for each event that changed a state."""
    if not lines:
        return
    insert = events.insert().returning(events.c.id, sort_by_parameter_order=True)
    ids = connection.execute(insert, [row for _, row in lines]).scalars()
    trail = [rows.audit(entry, at) for (entry, _), at in zip(lines, ids, strict=True)]
    if changes := [row for row in trail if row]:
        connection.execute(audit.insert(), changes)


def _known(connection: Connection, fingerprints: Collection[str]) -> dict[str, int]:
    known: dict[str, int] = {}
    for chunk in _chunks(fingerprints):
        query = select(messages.c.fingerprint, messages.c.id).where(
            messages.c.fingerprint.in_(chunk)
        )
        known |= {row.fingerprint: row.id for row in connection.execute(query)}
    return known


def _insert_messages(
    connection: Connection, new: Sequence[Incoming], prepared: Prepared
) -> dict[str, int]:
    if not new:
        return {}
    insert = messages.insert().returning(messages.c.fingerprint, messages.c.id)
    made = connection.execute(insert, [rows.message(one) for one in new])
    ids: dict[str, int] = {row.fingerprint: row.id for row in made}
    raw = [{"message_id": ids[key]} | prepared.raw[key] for key in ids]
    connection.execute(raw_messages.insert(), raw)
    read = [{"message_id": ids[one.fingerprint]} | rows.report(one) for one in new]
    connection.execute(reports.insert(), read)
    return ids


def _remembered(connection: Connection, new: Sequence[Incoming], *, lock: bool) -> Memory:
    """Load what the judgement of *new* needs; the states first, which lock everything else."""
    states = state.load(connection, (at for one in new for at in places(one)), lock=lock)
    memory = Memory(states=states)
    about = {name for one in new if (name := original(one))}
    for stream in sorted({at.stream for at in states}):
        # An address without any state has no event that counted.
        keys = [at.key for at in states if at.stream == stream]
        for some_keys in _chunks(keys):
            for some in _chunks(about):
                _recall(connection, memory, stream, some_keys, some)
    return memory


def _recall(
    connection: Connection, memory: Memory, stream: str, keys: list[str], about: list[str]
) -> None:
    """Remember what earlier reports about the same messages have counted against *keys*."""
    table = events.c
    query = select(table.key, table.original, table.what, table.effect).where(
        table.stream == stream,
        table.key.in_(keys),
        table.original.in_(about),
        table.effect.in_(sorted(COUNTING)),
    )
    for row in connection.execute(query):
        harm = Harm(Place(stream, row.key), What(row.what), row.original)
        memory.remember(harm, Effect(row.effect))


def _count_seen(
    connection: Connection, prepared: Prepared, ids: dict[str, int], new: Collection[Incoming]
) -> None:
    """Add to ``seen`` how often each message has come again; locked in key order."""
    times = Counter(one.fingerprint for one in prepared.batch)
    times.subtract(one.fingerprint for one in new)
    again = sorted((ids[key], count) for key, count in times.items() if count)
    if again:
        update = messages.update().where(messages.c.id == bindparam("at_id"))
        counted = [{"at_id": at, "times": count} for at, count in again]
        connection.execute(update.values(seen=messages.c.seen + bindparam("times")), counted)


def _chunks(values: Collection[str]) -> Iterator[list[str]]:
    ordered = sorted(values)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]
