"""A hard failure in a storm blocks nobody until it is confirmed: what one address keeps of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bounced.causes import Cause
from bounced.model import Verdict
from bounced.policy import AddressState, Decision, Effect, Event, What

if TYPE_CHECKING:
    from conftest import Life

START = datetime(2026, 1, 1, tzinfo=UTC)
STORM = Event(
    what=What.FAILED,
    verdict=Verdict(cause=Cause.MAILBOX_UNKNOWN, rule="test", evidence="550 5.1.1"),
    storm=True,
)


def _spared(state: AddressState) -> bool:
    return state.first_spared_at is not None


def test_refused_again_out_of_a_storm_he_is_blocked(life: Life) -> None:
    """At once, as ever."""
    assert life.happens(STORM, 1).effect is Effect.SPARED
    assert life.fails(2, Cause.MAILBOX_UNKNOWN).effect is Effect.BLOCKED


def test_refused_in_storms_a_month_apart_he_is_blocked(life: Life) -> None:
    """Exactly a month is not longer; the failures in between say no less."""
    assert life.happens(STORM, 0).effect is Effect.SPARED
    assert life.happens(STORM, 30).effect is Effect.SPARED
    decision = life.happens(STORM, 30.5)
    assert decision.effect is Effect.BLOCKED
    assert decision.why == "hard failure (mailbox_unknown), as 30 days before: confirmed"


def test_a_delivery_refutes_what_was_before_it(life: Life) -> None:
    """And nothing that came after it, whenever it is told."""
    life.happens(STORM, 0)
    life.happens(STORM, 20)
    life.delivered(10)
    assert life.state.first_spared_at == START + timedelta(days=20)
    assert life.happens(STORM, 40).effect is Effect.SPARED
    life.delivered(41)
    assert not _spared(life.state)
    assert life.happens(STORM, 39).effect is Effect.SPARED
    assert not _spared(life.state)
    assert life.happens(STORM, 80).effect is Effect.SPARED


def test_an_operator_who_lifts_a_block_has_refuted_it(life: Life) -> None:
    """The address starts clean."""
    life.happens(STORM, 0)
    life.fails(1, Cause.MAILBOX_UNKNOWN)
    life.operator(What.UNBLOCK, 2)
    assert not _spared(life.state)
    assert life.happens(STORM, 35).effect is Effect.SPARED


def test_one_message_is_spared_once(life: Life) -> None:
    """Another report of it, in a storm or long after it, is not another failure."""
    again = life.fails(3, Cause.MAILBOX_UNKNOWN, Effect.SPARED)
    assert (again.effect, again.why) == (
        Effect.RECORDED,
        "another report for this message was spared already",
    )


def test_who_is_blocked_stays_so(life: Life) -> None:
    """A storm lifts no block that is older."""
    life.fails(0, Cause.MAILBOX_UNKNOWN)
    assert life.happens(STORM, 1).effect is Effect.UNCHANGED


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # it makes a new one
@given(days=st.lists(st.integers(0, 70), min_size=1, max_size=6))
def test_the_order_in_which_they_are_told_makes_no_difference(
    lives: type[Life], days: list[int]
) -> None:
    """He is blocked if the first and the last of them are far enough apart."""

    def told(order: list[int]) -> Decision:
        life = lives()
        return [life.happens(STORM, day) for day in order][-1]

    blocked = max(days) - min(days) > 30
    assert told(days).after.blocked is blocked
    assert told(sorted(days)).after.blocked is blocked
