"""Events out of order, as from a replayed archive; days are counted from the start of 2026."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bounced.causes import CAUSES, Cause, Type
from bounced.policy import Effect, Settings, What

if TYPE_CHECKING:
    from conftest import Life

_HARD = [cause for cause, info in CAUSES.items() if info.type is Type.HARD]
_SOFT = [cause for cause, info in CAUSES.items() if info.type is Type.SOFT and info.counts]
_HARMLESS = [cause for cause, info in CAUSES.items() if not info.counts]


def test_an_interval_works_backwards_as_well(lives: type[Life]) -> None:
    """An older failure that comes late is measured against the run like any other."""
    life = lives(Settings(soft_interval=timedelta(days=1)))
    life.fails(10)

    assert life.fails(9.5).effect is Effect.RECORDED
    assert life.fails(8).effect is Effect.COUNTED
    assert life.fails(9).effect is Effect.RECORDED  # between the two: nobody knows, so it doesn't


def test_a_failure_from_before_the_unblocking_is_settled(life: Life) -> None:
    """A replayed archive does not undo what an operator has decided since."""
    life.operator(What.BLOCK, 1)
    life.operator(What.UNBLOCK, 10)

    late = life.fails(9, Cause.MAILBOX_UNKNOWN)

    assert late.effect is Effect.RECORDED
    assert late.why == "older than the end of the last block, 2026-01-11"
    assert life.complains(9).effect is Effect.RECORDED
    assert life.fails(11, Cause.MAILBOX_UNKNOWN).effect is Effect.BLOCKED


def test_soft_failures_before_a_delivery_come_too_late(life: Life) -> None:
    """Told in the wrong order, the count is the same as in the right one."""
    life.delivered(5)

    late = life.fails(4)

    assert late.why == "older than the last delivery, 2026-01-06"
    assert life.state.soft_count == 0


def test_a_delivery_within_the_run_leaves_the_last_failure(life: Life) -> None:
    """Of four failures only the last is known to be later than the delivery."""
    for day in range(4):
        life.fails(day)

    assert life.delivered(1.5).effect is Effect.RESET
    assert life.state.soft_count == 1
    assert life.delivered(0).effect is Effect.RECORDED
    assert life.state.soft_count == 1


def test_older_failures_count_in_any_order_and_windows_are_never_negative(life: Life) -> None:
    """A replayed archive counts what is near, and leaves out what belongs to another year."""
    life.fails(200)

    assert life.fails(150).why.startswith("2nd soft")
    assert life.fails(59).why == "91 days older than the failures that count"
    assert (life.state.first_soft_at, life.state.last_soft_at) == (
        datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=150),
        datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=200),
    )


def test_the_shown_cause_is_that_of_the_last_failure(life: Life) -> None:
    """An older one that comes late does not hide it, and a block keeps its own."""
    life.fails(5, Cause.SERVER_DOWN)
    life.fails(4, Cause.MAILBOX_FULL)
    assert life.state.cause is Cause.SERVER_DOWN

    life.fails(6, Cause.MAILBOX_UNKNOWN)
    life.fails(7, Cause.SERVER_DOWN)
    assert life.state.cause is Cause.MAILBOX_UNKNOWN
    assert life.state.last_failure_at == datetime(2026, 1, 8, tzinfo=UTC)
