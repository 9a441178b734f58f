"""How many refusals at a time are a storm, and how time is cut for that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounced.policy.breaker import SLOT, Steps, Tally, decisive, refusing, slot

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("window", "step", "length"),
    [
        (HOUR, 10, 6),
        (90 * MINUTE, 20, 5),
        (24 * HOUR, 240, 6),
        (MINUTE, 10, 1),
        (timedelta(seconds=1), 10, 1),
        (25 * MINUTE, 10, 3),
    ],
)
def test_a_window_is_cut_in_whole_slots(window: timedelta, step: int, length: int) -> None:
    """Six steps at most, and together never shorter than what was asked for."""
    steps = Steps.of(window)
    assert (steps.step, steps.length) == (step * MINUTE, length)
    assert steps.reach >= window


@given(at=st.datetimes(timezones=st.just(UTC)), minutes=st.integers(1, 10_000))
def test_every_moment_is_in_its_step(at: datetime, minutes: int) -> None:
    """From the first year to the last; and so is the slot that it is in."""
    steps = Steps.of(minutes * MINUTE)
    number = steps.number(at)
    assert steps.span(number).holds(at)
    if at - datetime.min.replace(tzinfo=UTC) > SLOT:
        assert steps.number(slot(at)) == number
        assert timedelta(0) <= at - slot(at) < SLOT


_TALLIES = st.lists(
    st.builds(
        lambda who, more, delivered: Tally(len(who) + (more if who else 0), delivered, set(who)),
        st.sets(st.integers(0, 9), max_size=5),
        st.integers(0, 3),
        st.integers(0, 40),
    ),
    max_size=12,
)


@given(tallies=_TALLIES, length=st.integers(1, 6), share=st.integers(0, 100))
def test_more_refusals_never_end_a_storm(tallies: list[Tally], length: int, share: int) -> None:
    """So the order in which they are told makes no difference."""
    before = refusing(tallies, length=length, recipients=4, share=share)
    for one in tallies:
        one.failures += 1
        one.recipients.add("another")
    assert before <= refusing(tallies, length=length, recipients=4, share=share)


@given(tallies=_TALLIES, length=st.integers(1, 6))
def test_it_can_be_switched_off(tallies: list[Tally], length: int) -> None:
    """More than 100 percent are never refused."""
    assert refusing(tallies, length=length, recipients=1, share=100) == set()


@given(
    tallies=_TALLIES,
    length=st.integers(1, 6),
    recipients=st.integers(1, 6),
    share=st.integers(0, 100),
)
def test_beyond_the_decisive_number_none_needs_to_be_counted(
    tallies: list[Tally], length: int, recipients: int, share: int
) -> None:
    """Whatever else is in the step, and in those around it."""
    settings = {"recipients": recipients, "share": share}
    before = refusing(tallies, length=length, **settings)
    enough = decisive(sum(one.delivered for one in tallies), **settings)
    for one in tallies:
        one.failures = min(one.failures, enough)
    assert refusing(tallies, length=length, **settings) == before


@pytest.mark.parametrize(("delivered", "share"), [(0, 10), (450, 10), (451, 10), (7, 50), (9, 0)])
def test_the_decisive_number_is_the_smallest_that_is_enough(delivered: int, share: int) -> None:
    """One less is a storm no more."""
    known = {"recipients": 1, "share": share}
    enough = decisive(delivered, **known)
    assert refusing([Tally(enough, delivered, {1})], length=1, **known) == {0}
    assert refusing([Tally(enough - 1, delivered, {1})], length=1, **known) == set()


def test_a_small_share_is_none() -> None:
    """Just ten percent are no more than ten percent; and one recipient is not fifty."""
    known = {"length": 2, "recipients": 50, "share": 10}
    some = set(range(50))
    assert refusing([Tally(50, 450, set(some)), Tally()], **known) == set()
    assert refusing([Tally(50, 449, set(some)), Tally()], **known) == {0, 1}
    assert refusing([Tally(1000, 0, {1}), Tally()], **known) == set()
