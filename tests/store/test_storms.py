"""Outages on record: what is in one does not count, whenever it is seen."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bounced.causes import Cause
from bounced.model import Action, Judged
from bounced.policy import Effect, Policies, Settings
from bounced.store import Incoming, Observed, Store

Make = Callable[..., Incoming]
One = Callable[..., Judged]
START = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = 1 / 1440
FEW = Settings(storm_recipients=5, storm_window=timedelta(hours=1))
SMALL = pytest.mark.parametrize("store", [FEW], indirect=True)


def _at(day: float) -> datetime:
    return START + timedelta(days=day)


@SMALL
def test_what_had_counted_before_the_storm_was_seen_is_taken_back(
    store: Store, message: Make, effects: Callable[..., Any]
) -> None:
    """Four count; with the fifth it is an outage, and none does."""
    for number in range(4):
        assert effects(message(f"u{number}@example.com", day=number * MINUTE)) == [[Effect.COUNTED]]
    assert effects(message("u4@example.com", day=4 * MINUTE)) == [[Effect.RECORDED]]

    states = [store.state(f"u{number}@example.com") for number in range(5)]
    assert [one.soft_count if one else 0 for one in states] == [0] * 5
    (storm,) = store.storms()
    assert (storm.scope, storm.name, storm.cause) == (
        "domain",
        "example.com",
        Cause.MAILBOX_FULL,
    )
    assert (storm.started_at, storm.last_at, storm.recipients) == (_at(0), _at(4 * MINUTE), 5)
    told = store.history("u0@example.com")[-1]
    assert (told.origin, told.effect) == ("policy", Effect.REVISED)
    assert told.why == "taken back: what had counted was part of an outage (example.com)"


@SMALL
def test_a_block_that_an_outage_has_made_is_lifted(store: Store, message: Make) -> None:
    """The fifth failure in a row was the outage's: the address has four, and is free."""
    for day in range(4):
        store.record([message("joe@example.com", day=day)])
    store.record([message("joe@example.com", day=10)])
    assert store.state("joe@example.com", now=_at(11)).blocked  # type: ignore[union-attr]

    store.record([message(f"u{number}@example.com", day=10) for number in range(4)])

    state = store.state("joe@example.com", now=_at(11))
    assert state
    assert (state.blocked, state.soft_count) == (False, 4)
    assert store.history("joe@example.com")[-1].effect is Effect.UNBLOCKED


@SMALL
def test_other_causes_and_domains_are_other_outages(store: Store, message: Make, one: One) -> None:
    """Alike means one cause, at one domain or provider."""
    store.record([message(f"u{n}@n{n}.example.com", day=n * MINUTE) for n in range(10)])
    store.record(
        [
            message(one(f"v{n}@example.net", cause), day=n * MINUTE)
            for n in range(4)
            for cause in (Cause.MAILBOX_FULL, Cause.SERVER_DOWN)
        ]
    )
    assert store.storms(everything=True) == []


@SMALL
def test_the_same_few_are_no_outage(store: Store, message: Make) -> None:
    """Four recipients that fail again and again are four full mailboxes."""
    for minute in range(5):
        store.record([message(f"u{n}@example.com", day=minute * MINUTE) for n in range(4)])
    assert all(state.blocked for state in store.states(now=_at(1)))


@SMALL
def test_a_flood_about_one_address_hides_no_outage(store: Store, message: Make) -> None:
    """However many reports about him lie between those about the others; his are part of it."""
    for number in range(5):
        store.record([message(f"u{number}@example.com", day=number * MINUTE)])
        flood = (number + 0.5) * MINUTE
        store.record([message("loop@example.com", day=flood) for _ in range(250)])

    (storm,) = store.storms()
    assert (storm.recipients, storm.started_at, storm.last_at) == (6, _at(0), _at(4.5 * MINUTE))
    states = list(store.states(now=_at(1)))
    assert [(one.blocked, one.soft_count) for one in states] == [(False, 0)] * 6


@SMALL
@pytest.mark.parametrize("seed", range(3))
def test_what_is_in_an_outage_is_as_the_definition_says(
    store: Store, message: Make, rows: Callable[[str], list[Any]], seed: int
) -> None:
    """In whatever order and batches they come: some window with it holds enough recipients."""
    draw = random.Random(seed)
    often = [0] * 12 + list(range(9))
    for _ in range(60):
        hours = [draw.randrange(20) + draw.random() / 2 for _ in range(draw.choice([1, 1, 2, 8]))]
        store.record([message(f"u{draw.choice(often)}@example.com", day=h / 24) for h in hours])

    told = sorted(rows("events"), key=lambda row: row.at)
    told = [row for row in told if row.what == "failed"]
    stormy = set()
    for first in told:
        window = [one for one in told if first.at <= one.at <= first.at + FEW.storm_window]
        if len({one.key for one in window}) >= FEW.storm_recipients:
            stormy |= {one.id for one in window}
    assert {row.id for row in told if row.storm_id} == stormy
    assert 0 < len(stormy) < len(told)


@SMALL
def test_an_outage_ends_when_a_window_has_passed(store: Store, message: Make) -> None:
    """Once; and a failure after it counts."""
    store.record([message(f"u{n}@example.com", day=0) for n in range(5)])
    assert store.sweep(_at(59 * MINUTE)) == ([], [])
    (ended,), _ = store.sweep(_at(61 * MINUTE))
    assert (ended.name, ended.ended_at) == ("example.com", _at(61 * MINUTE))
    assert store.sweep(_at(62 * MINUTE)) == ([], [])
    assert store.storms() == []

    store.record([message("u0@example.com", day=1)])
    state = store.state("u0@example.com", now=_at(2))
    assert state
    assert state.soft_count == 1


@SMALL
def test_a_replay_of_years_sees_each_outage(store: Store, message: Make) -> None:
    """A failure long ago in the same batch does not widen where the others are looked for."""
    store.record(
        [message(f"u{number}@example.com", day=200 + number * MINUTE) for number in range(4)]
    )
    store.record(
        [message("old@example.com", day=0), message("u4@example.com", day=200 + 4 * MINUTE)]
    )
    (storm,) = store.storms(everything=True)
    assert (storm.started_at, storm.recipients) == (_at(200), 5)


@SMALL
def test_hard_failures_in_an_outage_block(store: Store, message: Make, one: One) -> None:
    """A mailbox that does not exist is no outage."""
    store.record([message(f"u{n}@example.com", day=0) for n in range(5)])
    store.record([message(one("dead@example.com", Cause.MAILBOX_UNKNOWN), day=MINUTE)])
    state = store.state("dead@example.com", now=_at(1))
    assert state
    assert state.blocked


@SMALL
@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_arrival_does_not_matter(store: Store, message: Make, seed: int) -> None:
    """Whether the outage is seen at its beginning, in its middle or long afterwards."""
    failures = [(f"u{n}@example.com", n * 7 * MINUTE) for n in range(8)]
    failures += [(f"u{n}@example.com", 3 + n) for n in range(3)]
    random.Random(seed).shuffle(failures)
    for address, day in failures:
        store.record([message(address, day=day)])

    counts = {one.address: one.soft_count for one in store.states(now=_at(20))}
    expected = {f"u{n}@example.com": 1 for n in range(3)}
    assert {address: count for address, count in counts.items() if count} == expected


@SMALL
def test_an_operators_unblock_stands_when_history_is_decided_again(
    store: Store, message: Make, one: One
) -> None:
    """What people have done since then is done again as well."""
    store.record([message(one("joe@example.com", Cause.MAILBOX_UNKNOWN), day=0)])
    store.unblock("joe@example.com", why="a mistake", who="alice", now=_at(1))
    store.record([message("joe@example.com", day=2)])
    store.record([message(f"u{n}@example.com", day=2) for n in range(4)])

    state = store.state("joe@example.com", now=_at(3))
    assert state
    assert (state.blocked, state.soft_count, state.cleared_at) == (False, 0, _at(1))


@SMALL
def test_a_preview_knows_of_the_outage(store: Store, message: Make) -> None:
    """It says that the failure would not count."""
    store.record([message(f"u{n}@example.com", day=0) for n in range(5)])
    (outcome,) = store.preview(message("u9@example.com", day=MINUTE))
    assert outcome.decision
    assert outcome.decision.effect is Effect.RECORDED
    assert "an outage" in outcome.decision.why


def test_a_server_that_is_down_for_two_weeks_is_down_for_good(
    store: Store, message: Make, one: One
) -> None:
    """Whoever of the domain is mailed then; before that it only counts."""
    for day, who in ((0, "joe"), (6, "ann"), (13, "bob")):
        store.record([message(one(f"{who}@example.com", Cause.SERVER_DOWN), day=day)])
    assert not any(state.blocked for state in store.states(now=_at(13)))
    store.record([message(one("eve@example.com", Cause.SERVER_DOWN), day=15)])

    state = store.state("eve@example.com", now=_at(16))
    assert state
    assert state.blocked
    assert state.why == "its server has been down for 15 days, by every report: for good"


def test_one_old_failure_makes_nobody_dead(store: Store, message: Make, one: One) -> None:
    """A timeout three weeks ago and an outage today: everybody's first failure, and no more."""
    store.record([message(one("bob@example.com", Cause.SERVER_DOWN), day=0)])
    for n in range(60):
        down = one(f"u{n}@example.com", Cause.SERVER_DOWN)
        store.record([message(down, day=20 + n * MINUTE / 2)])
    assert not any(state.blocked for state in store.states(now=_at(21)))
    assert [storm.recipients for storm in store.storms(everything=True)] == [60]


@pytest.mark.parametrize("sign", [Cause.MAILBOX_FULL, Cause.UNKNOWN, None])
def test_a_server_that_answers_once_is_not_down_for_good(
    store: Store, message: Make, one: One, sign: Cause | None
) -> None:
    """A delivery to anybody there, or a refusal, begins it anew."""
    for day in (0, 5):
        store.record([message(one("joe@example.com", Cause.SERVER_DOWN), day=day)])
    if sign is None:
        store.delivered("ann@example.com", who="alice", now=_at(8))
    else:
        store.record([message(one("ann@example.com", sign), day=8)])
    for day in (10, 15):
        store.record([message(one("eve@example.com", Cause.SERVER_DOWN), day=day)])
    assert not any(state.blocked for state in store.states(now=_at(16)))


def test_policies_are_those_of_the_stream(opened: Callable[..., Store], message: Make) -> None:
    """A stream with numbers of its own blocks by them, the others by the default."""
    strict = Settings(soft_limit=2)
    store = opened(policies=Policies(streams={"news": strict}))
    for stream in ("news", "default"):
        for day in range(2):
            store.record([message("joe@example.com", day=day, stream=stream)])
    blocked = {one.stream: one.blocked for one in store.states(now=_at(5))}
    assert blocked == {"news": True, "default": False}


@pytest.mark.parametrize("again", ["delivered", "refused", "seen"])
def test_late_proof_that_a_server_answered_takes_its_blocks_back(
    store: Store, message: Make, one: One, again: str
) -> None:
    """A server that answered in between was not down for good, whenever that is known."""
    for day, who in ((0, "joe"), (6, "ann"), (13, "bob"), (15, "eve"), (17, "eve")):
        store.record([message(one(f"{who}@example.com", Cause.SERVER_DOWN), day=day)])
    store.record([message(one("ann@example.com", Cause.MAILBOX_FULL), day=18)])
    assert [state.key for state in store.states(blocked=True)] == ["eve@example.com"]

    if again == "delivered":
        store.delivered("ann@example.com", who="alice", now=_at(10))
    elif again == "seen":
        store.observe(
            [Observed(address="new@example.com", at=_at(10), origin="log", who="postfix")]
        )
    else:
        store.record([message(one("ann@example.com", Cause.MAILBOX_FULL), day=10)])

    state = store.state("eve@example.com", now=_at(19))
    assert state
    assert (state.blocked, state.soft_count) == (False, 2)
    told = store.history("eve@example.com")[-1]
    assert (told.effect, told.why) == (
        Effect.UNBLOCKED,
        "decided again: a report of its server that came late says since when it is down, or not",
    )


@pytest.mark.parametrize(
    ("day", "where"), [(-1, "example.com"), (18, "example.com"), (10, "e.org")]
)
def test_what_was_delivered_at_another_time_or_elsewhere_takes_no_block_back(
    store: Store, message: Make, one: One, day: int, where: str
) -> None:
    """Before the server was down, after the block, or to another domain."""
    for at, who in ((0, "joe"), (6, "ann"), (13, "bob"), (15, "eve")):
        store.record([message(one(f"{who}@example.com", Cause.SERVER_DOWN), day=at)])
    store.delivered(f"ann@{where}", who="alice", now=_at(day))
    assert [state.key for state in store.states(blocked=True)] == ["eve@example.com"]


@pytest.mark.parametrize("seed", range(4))
def test_a_server_is_down_for_good_in_whatever_order_it_is_told(
    opened: Callable[..., Store], message: Make, one: One, seed: int
) -> None:
    """Reports and deliveries of any time make what they make in their order."""
    draw = random.Random(seed)
    store = opened(policies=Policies(default=Settings(down_after=timedelta(days=3), soft_limit=99)))
    told = [(draw.randrange(40), draw.choice([Cause.SERVER_DOWN] * 9 + [None])) for _ in range(25)]
    for stream, history in (("right", sorted(told, key=lambda one: one[0])), ("other", told)):
        for number, (day, cause) in enumerate(history):
            action = Action.FAILED if cause else Action.DELIVERED
            who = one(f"{day}@{stream}.example.com", cause, action)
            store.record([message(who, day=day, stream=stream, original=f"{number}@{stream}")])
    found = {
        stream: {state.key.partition("@")[0] for state in store.states(stream=stream, blocked=True)}
        for stream in ("right", "other")
    }
    assert found["right"]
    assert found["right"] == found["other"]
