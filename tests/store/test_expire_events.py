"""``Store.expire_events``: old events go, and nobody is blocked or unblocked by it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from bounced.causes import Cause
from bounced.lists import Listed
from bounced.model import Envelope, Judged
from bounced.policy import Effect, Policies, Settings
from bounced.store import Import, Incoming, Kept, Store

Make = Callable[..., Incoming]
One = Callable[..., Judged]

START = datetime(2026, 1, 1, tzinfo=UTC)
ANNA, BEN = "anna@example.com", "ben@example.com"


def day(number: int) -> datetime:
    """Return a moment."""
    return START + timedelta(days=number)


def test_old_events_go_and_states_stay(store: Store, message: Make, rows: Any) -> None:
    """Of Ben nothing is left but how often his mail has failed."""
    envelope = Envelope(parameters="RET=HDRS", forward_parameters=("NOTIFY=NEVER",))
    store.record([message(BEN, day=one, envelope=envelope) for one in (0, 1, 300)])
    store.expire_raw(day(400))
    before = store.state(BEN, now=day(301))

    assert store.expire_events(day(200)) == 2

    assert store.state(BEN, now=day(301)) == before
    assert before
    assert before.soft_count == 1
    assert len(store.history(BEN)) == len(rows("audit")) == len(rows("reports")) == 1
    kept = sorted(rows("messages"), key=lambda one: one.id)
    assert [one.parameters for one in kept] == [None, None, "RET=HDRS"]
    assert [one.forward_parameters for one in kept] == [None, None, ["NOTIFY=NEVER"]]
    assert store.expire_events(day(200)) == 0


def test_what_has_led_to_a_block_stays(store: Store, message: Make, one: One) -> None:
    """Whoever asks why an address is blocked is told, for as long as it is."""
    store.record([message(ANNA), message(one(ANNA, Cause.MAILBOX_UNKNOWN), day=1)])
    store.expire_raw(day(400))

    assert store.expire_events(day(200)) == 1
    assert [entry.effect for entry in store.history(ANNA)] == [Effect.BLOCKED]

    store.unblock(ANNA, why="asked", who="operator", now=day(201))
    assert store.expire_events(day(300)) == 2


def test_the_soft_failures_that_have_blocked_stay_all(store: Store, message: Make) -> None:
    """The fifth blocks because of the four before it; one that did not count goes."""
    days = (0, 200, 210, 220, 230, 240)
    store.record([message(BEN, day=number, original=f"<{number}>") for number in days])
    store.expire_raw(day(400))

    assert store.expire_events(day(300)) == 1
    assert len(store.history(BEN)) == 5


def test_the_refusals_that_a_storm_has_spared_stay_with_the_block(
    opened: Callable[..., Store], message: Make, one: One
) -> None:
    """The second of them blocks because of the first."""
    store = opened(policies=Policies(default=Settings(hard_storm_recipients=2)))
    gone = [one(ANNA, Cause.MAILBOX_UNKNOWN), one(BEN, Cause.MAILBOX_UNKNOWN)]
    store.record([message(*gone, day=0), message(*gone, day=40)])
    store.expire_raw(day(400))
    assert len(store.history(ANNA)) == 2

    assert store.expire_events(day(300)) == 0


def test_a_message_that_can_be_judged_again_keeps_its_events(store: Store, message: Make) -> None:
    """Or it would count twice."""
    store.record([message(BEN)])

    assert store.expire_events(day(200)) == 0


def test_a_message_that_comes_again_still_counts_for_nothing(store: Store, message: Make) -> None:
    """Its fingerprint stays, and nothing that names anybody."""
    one = message(BEN, fingerprint="the same")
    store.record([one])
    store.expire_raw(day(400))
    store.expire_events(day(200))

    (again,) = store.record([one])

    assert again.duplicate
    assert not store.history(BEN)


def test_a_list_that_is_imported_again_blocks_nobody_anew(store: Store) -> None:
    """What it has said stays, so that an operator's word does as well."""
    entry = Listed(ANNA, ANNA, Cause.COMPLAINT, "spam", None, None, None)
    how = Import(source="crm", who="it", now=day(0))
    store.imported([entry], how)
    store.unblock(ANNA, why="asked", who="operator", now=day(1))
    store.expire_events(day(200))

    assert store.imported([entry], Import(source="crm", who="it", now=day(201))) == [None]


def test_what_is_left_can_be_judged_again(store: Store, message: Make, one: One) -> None:
    """An earlier state is had from the present one; the two failures that are gone are in it."""
    store.record([message(BEN, day=number) for number in (0, 1, 300, 301)])
    store.expire_raw(day(100))
    assert store.expire_events(day(200)) == 2

    def read(kept: Kept) -> Incoming:
        unknown = one(BEN, Cause.MAILBOX_UNKNOWN)
        return message(unknown, raw=kept.raw, received_at=kept.received_at)

    list(store.rejudge(read, now=day(302)))

    state = store.state(BEN, now=day(302))
    assert state
    assert (state.blocked, state.since, state.soft_count) == (True, day(300), 2)
