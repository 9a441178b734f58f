"""The one commit: raw message, report, events, changed states and audit trail, or nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, select

from bounced.policy import Policies
from bounced.store import outbox, rows, sent
from bounced.store.apply import Effects, Source, foreseen, take_effect
from bounced.store.facts import of_message
from bounced.store.judge import outcomes
from bounced.store.schema import messages, raw_messages, reports
from bounced.store.state import CHUNK
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


def record(
    connection: Connection, prepared: Prepared, policies: Policies
) -> tuple[list[Recorded], Effects]:
    """Write what *prepared* says and does; what was recorded before is only counted as seen."""
    known = _known(connection, prepared.first)
    new = [one for key, one in prepared.first.items() if key not in known]
    told = sent.correlated(connection, new)
    ids = known | _insert_messages(connection, told, prepared)
    effects = take_effect(
        connection,
        [Source(of_message(one), ids[one.fingerprint], one.reading.report) for one in told],
        policies,
    )
    done = {id(one): outcomes(entries) for one, entries in zip(new, effects.entries, strict=True)}
    claims = {id(one): better.reading.claim for one, better in zip(new, told, strict=True)}
    outbox.add_messages(connection, ((ids[one.fingerprint], one) for one in new))
    _count_seen(connection, prepared, ids, new)
    recorded = [
        Recorded(
            message_id=ids[one.fingerprint],
            duplicate=id(one) not in done,
            outcomes=done.pop(id(one), ()),
            claim=claims.get(id(one)),
        )
        for one in prepared.batch
    ]
    return recorded, effects


def preview(connection: Connection, incoming: Incoming, policies: Policies) -> tuple[Outcome, ...]:
    """Return what ``record`` would do with *incoming*: nothing, if it was recorded before."""
    if _known(connection, [incoming.fingerprint]):
        return ()
    facts = of_message(sent.correlated(connection, [incoming])[0])
    return outcomes(foreseen(connection, facts, policies))


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
