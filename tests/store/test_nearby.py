"""What decides whether there is a storm: the same as all that is known, in few rows."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from bounced.causes import Cause
from bounced.model import Judged
from bounced.policy import Settings
from bounced.policy.outage import Failure, Span, stormy
from bounced.store import Incoming, Observed, Store
from bounced.store.alike import Group
from bounced.store.nearby import counted, nearest
from bounced.store.schema import events
from bounced.store.state import TOGETHER, Place

Make = Callable[..., Incoming]
One = Callable[..., Judged]
START = datetime(2026, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
FULL = Group("domain", "example.com", Cause.MAILBOX_FULL)
FEW = Settings(storm_recipients=4, storm_window=HOUR)


def _at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def _failed(store: Store, failures: list[Failure], domain: str = "example.com") -> None:
    """Put failures on record."""
    with store.database.write() as connection:
        for at, who in failures:
            row = {"stream": "default", "key": who, "at": at, "domain": domain, "origin": "report"}
            row |= {"what": "failed", "cause": FULL.cause, "effect": "recorded", "why": ""}
            connection.execute(events.insert().values(row))


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("often", [0, 40])
def test_the_nearest_say_the_same_as_all(store: Store, seed: int, often: int) -> None:
    """Whether some fail again and again or not: of the times that are asked about."""
    draw = random.Random(seed)
    one = [Failure(_at(draw.randrange(300)), f"u{draw.randrange(5)}") for _ in range(40)]
    same = [Failure(_at(100), f"u{draw.randrange(2)}") for _ in range(often)]
    everything = sorted([*one, *same])
    _failed(store, everything)
    near = [Failure(at, Place("default", str(who))) for at, who in everything]

    for recipients in (1, 2, 3, 4):
        settings = replace(FEW, storm_recipients=recipients)
        for _ in range(40):
            first = _at(draw.randrange(300))
            span = Span(first, first + draw.randrange(60) * timedelta(minutes=1))
            mine = [Failure(at, "mine") for at in {span.first, span.last}]
            with store.database.read() as connection:
                told = nearest(connection, FULL, span, settings)

            assert set(told) <= set(near)
            for more in ([], mine):
                some, every = (
                    _inside(span, [*told, *more], settings),
                    _inside(span, [*near, *more], settings),
                )
                assert some == every


def _inside(span: Span, failures: list[Failure], settings: Settings) -> set[datetime]:
    """Return the minutes of *span* that are in a storm."""
    ordered = sorted(failures, key=lambda one: one.at)
    storms = stormy(ordered, window=HOUR, recipients=settings.storm_recipients)
    asked = [span.first + number * timedelta(minutes=1) for number in range(60)]
    return {at for at in asked if span.holds(at) and any(one.holds(at) for one in storms)}


def test_of_each_group_no_more_are_counted_than_are_asked_for(store: Store) -> None:
    """Each in its own time; none, for one that has no failure."""
    _failed(store, [Failure(_at(number), f"u{number}") for number in range(10)])
    _failed(store, [Failure(_at(number), f"v{number}") for number in range(3)], "example.net")
    net, org = FULL._replace(name="example.net"), FULL._replace(name="example.org")
    many = [FULL._replace(name=f"host{number}.example") for number in range(2 * TOGETHER)]
    early, late = Span(_at(0), _at(9)), Span(_at(2), _at(9))

    with store.database.read() as connection:
        asked = dict.fromkeys([*many, org], early) | {FULL: early, net: late}
        found = counted(connection, asked, 5)

        assert (found[FULL], found[net], found[org]) == (5, 1, 0)
        assert {found[one] for one in many} == {0}
        assert counted(connection, {FULL: early}, 50) == {FULL: 10}


def test_what_was_judged_again_does_not_count(store: Store) -> None:
    """Another event stands in its place."""
    _failed(store, [Failure(_at(number), f"u{number}") for number in range(4)])
    around = Span(_at(0), _at(9))
    with store.database.write() as connection:
        connection.execute(update(events).where(events.c.key == "u2").values(superseded_by=1))
    with store.database.read() as connection:
        assert counted(connection, {FULL: around}, 9) == {FULL: 3}
        assert len(nearest(connection, FULL, around, FEW)) == 3


@pytest.mark.database("sqlite")
@pytest.mark.parametrize("cause", [Cause.MAILBOX_FULL, Cause.MAILBOX_UNKNOWN])
def test_a_failure_in_a_storm_costs_the_same_however_large_it_is(
    store: Store, message: Make, one: One, steps: Callable[[], int], cause: Cause
) -> None:
    """Two thousand within minutes make the next one no dearer than four hundred."""

    def failure(number: int) -> Incoming:
        who = one(f"u{number}@example.com", cause)
        return message(who, day=number / 864_000, original=f"<{number}@ours.test>")

    def more(first: int, last: int) -> None:
        for start in range(first, last, 100):
            store.record([failure(number) for number in range(start, start + 100)])

    def next_ones(first: int) -> int:
        steps()
        for number in range(first, first + 20):
            store.record([failure(number)])
        return steps()

    store.observe(
        [
            Observed(address=f"d{number}@example.com", at=START, origin="log", who="postfix")
            for number in range(1000)
        ]
    )
    more(0, 400)
    few = next_ones(400)
    more(500, 2000)
    many = next_ones(2000)

    assert few > 1000
    assert many < 1.3 * few
