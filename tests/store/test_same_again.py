"""The whole history, replayed from the raw messages, gives the same state."""

from __future__ import annotations

import random
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bounced import pipeline
from bounced.classify import RuleBook
from bounced.model import Envelope
from bounced.policy import AddressState, Policies, Settings
from bounced.store import Incoming, Store, Storm
from bounced.store.schema import messages, raw_messages

FIXTURES = sorted((Path(__file__).parents[2] / "fixtures").glob("*/*.eml"))
START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = START + timedelta(days=400)


def _incoming(raw: bytes, rules: RuleBook, at: datetime) -> Incoming:
    envelope = Envelope(reverse_path="", forward_paths=("bounces@example.org",))
    return Incoming(
        raw=raw,
        reading=pipeline.read(raw, envelope, rules),
        envelope=envelope,
        received_at=at,
        fingerprint=pipeline.fingerprint(raw),
        queue_id=f"{at:%s}",
        source="smtp",
    )


def _states(store: Store) -> dict[tuple[str, str], AddressState]:
    return {(one.stream, one.key): one for one in store.states(now=NOW)}


def _store(path: Path, policies: Policies) -> Store:
    return Store.open(f"sqlite:///{path}", policies=policies, raw_retention=None)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_replay_of_all_raw_messages_gives_the_same_state(
    tmp_path: Path, rules: RuleBook, seed: int
) -> None:
    """Every fixture several times over, with few enough for storms, one by one or in batches."""
    draw = random.Random(seed)
    policies = Policies(default=Settings(storm_recipients=6, hard_storm_recipients=3, soft_limit=3))
    mails = [path.read_bytes() for path in draw.sample(FIXTURES, 150)]
    copies = [b"X-Copy: %d\r\n" % number + mail for number in range(3) for mail in mails]
    draw.shuffle(copies)
    batch = [_incoming(raw, rules, START + timedelta(hours=draw.randrange(2000))) for raw in copies]
    first = _store(tmp_path / "first.db", policies)
    for one in batch:
        first.record([one])

    second = _store(tmp_path / "second.db", policies)
    kept = _kept(first)
    assert len(kept) == len({one.fingerprint for one in batch})
    again = [_incoming(zlib.decompress(row.zlib), rules, row.received_at) for row in kept]
    for start in range(0, len(again), 40):
        second.record(again[start : start + 40])

    assert _states(first) == _states(second)
    assert any(state.blocked for state in _states(first).values())
    assert [_shape(storm) for storm in first.storms(everything=True)] == [
        _shape(storm) for storm in second.storms(everything=True)
    ]
    first.close()
    second.close()


def _kept(store: Store) -> Sequence[Any]:
    query = select(messages.c.received_at, raw_messages.c.zlib).join(
        raw_messages, raw_messages.c.message_id == messages.c.id
    )
    with store.database.read() as connection:
        return connection.execute(query.order_by(messages.c.id)).all()


def _shape(storm: Storm) -> tuple[object, ...]:
    return storm.scope, storm.name, storm.cause, storm.started_at, storm.last_at
