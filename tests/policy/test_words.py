"""The words of the policy's reasons."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bounced.policy import words


def test_ordinals() -> None:
    """English ordinals, with the teens as they are."""
    assert [words.nth(number) for number in (1, 2, 3, 4, 11, 12, 13, 21, 102, 111)] == [
        *("1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th")
    ]


def test_how_many_it_takes() -> None:
    """One blocks, five block."""
    assert (words.limit(1), words.limit(5)) == ("1 blocks", "5 block")


def test_a_day_is_a_date() -> None:
    """ISO 8601, without the time."""
    assert words.day(datetime(2026, 3, 4, 5, tzinfo=UTC)) == "2026-03-04"


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(days=90, hours=3), "90 days"),
        (timedelta(hours=1, minutes=30), "1 hour"),
        (timedelta(minutes=2), "2 minutes"),
        (timedelta(seconds=1), "1 second"),
        (timedelta(milliseconds=5), "0 seconds"),
    ],
)
def test_spans_are_told_in_their_largest_unit(span: timedelta, text: str) -> None:
    """Roughly how long, in words."""
    assert text == words.span(span)
