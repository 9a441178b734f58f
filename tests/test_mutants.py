"""Messages damaged at random: read without an exception, quickly, and each counted once at most.

``drills/mutants.py`` is the long form.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import mutate
import pytest
from sqlalchemy import select

from bounced import pipeline
from bounced.classify import RuleBook
from bounced.model import Envelope, Reading
from bounced.policy import COUNTING, Policies
from bounced.store import Incoming, Store, schema

SEED = 20_261_124
MUTANTS = 20_000
LIMIT = 0.2  # seconds
RECORDED = 2_000  # of the mutants, into a database
BATCH = 200
START = datetime(2026, 1, 1, tzinfo=UTC)


def _mutants(count: int) -> Iterator[bytes]:
    chance, seeds = random.Random(SEED), mutate.seeds()
    for _ in range(count):
        yield mutate.mutant(chance, seeds)


def _seconds(raw: bytes, rules: RuleBook) -> float:
    start = time.thread_time()
    pipeline.examine(raw, Envelope(), rules)
    return time.thread_time() - start


def test_mutants_are_read_without_an_exception_and_quickly(rules: RuleBook) -> None:
    """None of 20,000 raises in ``examine``, which hides nothing, or takes more than 200 ms."""
    slow = []
    for number, raw in enumerate(_mutants(MUTANTS)):
        if _seconds(raw, rules) > LIMIT and min(_seconds(raw, rules) for _ in range(3)) > LIMIT:
            slow.append(number)
    assert not slow


@pytest.mark.database("sqlite")
def test_a_mutant_changes_the_state_of_an_address_once(url: str, rules: RuleBook) -> None:
    """However often a report names a recipient, in how many spellings: it counts once."""
    store = Store.open(url, policies=Policies(), raw_retention=timedelta(days=1))
    twice = 0
    batch: list[Incoming] = []
    for number, raw in enumerate(_mutants(RECORDED)):
        reading = pipeline.examine(raw, Envelope(), rules)
        twice += _names_one_twice(reading)
        batch.append(_incoming(number, raw, reading))
        if len(batch) == BATCH:
            store.record(batch)
            batch = []
    audit, events = schema.audit.c, schema.events.c
    query = select(events.message_id, audit.stream, audit.key, audit.effect).join_from(
        schema.audit, schema.events, audit.event_id == events.id
    )
    with store.database.read() as connection:
        changes = Counter(
            (row.message_id, row.stream, row.key)
            for row in connection.execute(query)
            if row.effect in COUNTING
        )
    store.close()
    assert twice  # else this says nothing
    assert changes
    assert set(changes.values()) == {1}


def _names_one_twice(reading: Reading) -> bool:
    named = [(one.address or "").lower() for one in reading.judged if one.verdict]
    return len(set(named)) < len(named)


def _incoming(number: int, raw: bytes, reading: Reading) -> Incoming:
    return Incoming(
        raw=raw,
        reading=reading,
        envelope=Envelope(),
        received_at=START + timedelta(days=number),
        fingerprint=f"mutant {number}",
        queue_id=f"Q{number}",
        source="smtp",
    )
