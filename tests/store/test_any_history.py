"""Whatever happens in whatever order: judged again, all is as if it had been read so at once."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bounced.causes import Cause
from bounced.model import Action, Judged, Reading, Returned, Typed
from bounced.policy import AddressState, Policies, Settings
from bounced.store import Incoming, Kept, Observed, Store, schema

Make = Callable[..., Incoming]
One = Callable[..., Judged]
START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = START + timedelta(days=100)
SOFT = (Cause.MAILBOX_FULL, Cause.SERVER_ERROR, Cause.SERVER_DOWN)
OTHER = (Cause.MAILBOX_UNKNOWN, Cause.SENDER_BLOCKED, None)
ADDRESSES = [f"u{n}@{domain}.example" for domain in "ab" for n in range(4)]
MAILS = [None, *(f"{n}@example.org" for n in range(8))]
SETTINGS = Settings(
    soft_limit=3,
    storm_recipients=3,
    storm_window=timedelta(hours=1),
    down_after=timedelta(days=4),
)


def _at(day: float) -> datetime:
    return START + timedelta(days=day)


class Life:
    """A random history, and what its messages are read as: at first, and in the end."""

    def __init__(self, draw: random.Random, message: Make, one: One) -> None:
        self.draw, self.message, self.one = draw, message, one
        self.steps: list[tuple[str, Any]] = [self._step() for _ in range(draw.randrange(10, 45))]
        self.known = {it.fingerprint: it for kind, it in self.steps if kind == "message"}
        self.finally_read = {
            key: self._reading(it.reading.report.returned) if draw.random() < 0.5 else it.reading
            for key, it in self.known.items()
        }

    def day(self) -> float:
        """Return a time; often one at which something else happens as well."""
        return self.draw.randrange(12) + self.draw.choice([0, 0.01, 0.03, self.draw.random()])

    def _judged(self, address: str) -> Judged:
        cause = self.draw.choice(SOFT * 4 + OTHER)
        made = self.one(address, cause, Action.FAILED if cause else Action.DELIVERED)
        if self.draw.random() < 0.3:
            server = replace(made.recipient, remote_mta=Typed("dns", "mx.provider.example"))
            made = replace(made, recipient=server)
        return made

    def _reading(self, returned: Returned | None) -> Reading:
        addresses = self.draw.sample(ADDRESSES, self.draw.choice([1, 1, 2]))
        read = self.message(*map(self._judged, addresses)).reading
        return replace(read, report=replace(read.report, returned=returned))

    def _step(self) -> tuple[str, Any]:
        kind = self.draw.choices(("message", "seen", "unblock"), (14, 3, 2))[0]
        address, at = self.draw.choice(ADDRESSES), _at(self.day())
        if kind == "message":
            original = self.draw.choice(MAILS)
            read = self._reading(Returned(message_id=original) if original else None)
            return kind, replace(self.message(reading=read), received_at=at)
        if kind == "seen":
            return self._seen(address, at)
        return kind, (address, at)

    def _seen(self, address: str, at: datetime) -> tuple[str, Any]:
        judged = self._judged(address)
        if judged.verdict is None:
            return "delivered", (address, at)
        seen = Observed(address=address, at=at, origin="log", who="postfix", judged=judged)
        return "seen", replace(seen, original=self.draw.choice(MAILS))

    def live(self, store: Store, read: dict[str, Reading], after: Callable[[], None]) -> None:
        """Let it happen, and something after each of its steps."""
        for kind, it in self.steps:
            if kind == "message":
                store.record([replace(it, reading=read.get(it.fingerprint, it.reading))])
            elif kind == "seen":
                store.observe([it])
            elif kind == "delivered":
                store.delivered(it[0], who="alice", now=it[1])
            else:
                store.unblock(it[0], why="test", who="alice", now=it[1])
            after()


def _judge_again(store: Store, life: Life, read: dict[str, Reading]) -> None:
    def reading(kept: Kept) -> Incoming:
        it = life.known[kept.fingerprint]
        return replace(it, reading=read.get(it.fingerprint, it.reading))

    for _ in store.rejudge(reading, now=NOW):
        pass


def _blank(state: AddressState) -> AddressState:
    """Return the state of an address of which nothing is known, as good as none."""
    return AddressState(address=state.address, key=state.key, stream=state.stream)


def _facts(store: Store) -> dict[str, Any]:
    """Return the states, which failures are in a storm, storms and incidents."""
    with store.database.read() as connection:
        rows = connection.execute(
            select(schema.events).where(schema.events.c.superseded_by.is_(None))
        ).all()
    storms = sorted(
        (one.scope, one.name, one.cause, one.started_at, one.last_at)
        for one in store.storms(everything=True)
    )
    return {
        "states": {one.key: one for one in store.states(now=NOW) if one != _blank(one)},
        "spared": sorted((row.key, row.at, row.cause) for row in rows if row.storm_id),
        "storms": {
            group: (min(one[3] for one in them), max(one[4] for one in them))
            for group, some in groupby(storms, key=itemgetter(0, 1, 2))
            for them in [list(some)]
        },
        "refused": sum(one.failures for one in store.incidents(everything=True)),
    }


@contextmanager
def _opened(path: Path) -> Iterator[Store]:
    policies = Policies(default=SETTINGS)
    store = Store.open(f"sqlite:///{path}", policies=policies, raw_retention=None)
    yield store
    store.close()


@pytest.mark.parametrize("seed", range(12))
def test_any_history_judged_again_is_the_same_as_read_right_at_once(
    tmp_path: Path, message: Make, one: One, seed: int
) -> None:
    """States, storms, who is spared by them, and how often we were refused."""
    draw = random.Random(seed)
    life = Life(draw, message, one)
    read: dict[str, Reading] = {}

    def sometimes() -> None:
        if draw.random() < 0.3:
            some = draw.sample(sorted(life.known), draw.randrange(len(life.known)))
            read.update({key: life.finally_read[key] for key in some})
            _judge_again(store, life, read)

    with _opened(tmp_path / "again") as store:
        life.live(store, {}, sometimes)
        _judge_again(store, life, life.finally_read)
        found = _facts(store)
    with _opened(tmp_path / "right") as store:
        life.live(store, life.finally_read, lambda: None)
        assert found == _facts(store)
