"""When it is tried again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounced.outgoing.schedule import WAITS, retry_after, wait

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_it_is_tried_ten_times_within_four_days() -> None:
    """After 5 s first, then less and less often, and then given up."""
    waits = [wait(attempts, None, 0) for attempts in range(1, 11)]

    assert waits[:-1] == list(WAITS)
    assert waits[-1] is None
    assert timedelta(days=3) < sum(WAITS, timedelta(0)) * 1.2 < timedelta(days=4)


@given(attempts=st.integers(1, 9), lot=st.floats(0, 1), asked=st.timedeltas())
def test_a_wait_is_never_shorter_than_planned_or_asked(
    attempts: int, lot: float, asked: timedelta
) -> None:
    """Jitter makes it up to a fifth longer; who asks for more than a day gets a day."""
    found = wait(attempts, asked, lot)
    least = max(WAITS[attempts - 1], min(asked, timedelta(days=1)))

    assert found is not None
    assert least <= found <= least * 1.2 + timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("120", 120),
        (" 120 ", 120),
        ("Thu, 01 Jan 2026 00:02:00 GMT", 120),
        ("Wed, 31 Dec 2025 00:00:00 GMT", 0),
        ("soon", None),
        ("-5", None),
        ("9" * 30, None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str | None, seconds: int | None) -> None:
    """What is neither is passed over."""
    wanted = None if seconds is None else timedelta(seconds=seconds)

    assert retry_after(value, NOW) == wanted


@given(value=st.text())
def test_no_retry_after_is_too_strange(value: str) -> None:
    """It comes from outside."""
    found = retry_after(value, NOW)

    assert found is None or found >= timedelta(0)
