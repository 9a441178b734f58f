"""Sizes and durations, read and shown."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bounced.config import quantities


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (0, 0),
        (1000000, 1000000),
        ("1000000", 1000000),
        ("50 MiB", 52428800),
        ("50MB", 50_000_000),
        ("1.5 KiB", 1536),
        ("2 GiB", 2**31),
    ],
)
def test_sizes_are_read_as_people_write_them(text: object, expected: int) -> None:
    """A size is a number of bytes or a number with a unit."""
    assert quantities.size(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (30, 30),
        ("30", 30),
        ("30s", 30),
        ("5min", 300),
        ("5 minutes", 300),
        ("1h 30min", 5400),
        ("12h", 43200),
        ("90d", 7776000),
        ("2w", 1209600),
        ("0s", 0),
    ],
)
def test_durations_are_read_as_people_write_them(text: object, expected: int) -> None:
    """A duration is a number of seconds or numbers with units."""
    assert quantities.duration(text) == timedelta(seconds=expected)


@pytest.mark.parametrize(
    "text", ["", "d", "5", "-5s", "5x", "five", "5min!", "1.5h", "5 m", None, 1.5]
)
def test_what_is_no_duration_is_refused(text: object) -> None:
    """Nothing but a duration passes; "5" as a text is one, in seconds."""
    if text == "5":
        assert quantities.duration(text) == timedelta(seconds=5)
        return
    with pytest.raises(ValueError, match="is no length of time"):
        quantities.duration(text)


@given(st.integers(0, 36525 * 86400))
@settings(max_examples=50, deadline=None)
def test_a_duration_that_is_shown_can_be_read_again(seconds: int) -> None:
    """What ``config check`` prints can be copied into the file."""
    span = timedelta(seconds=seconds)

    assert quantities.duration(quantities.show_duration(span)) == span


@given(st.integers(0, 2**40))
@settings(max_examples=50, deadline=None)
def test_a_size_that_is_shown_can_be_read_again(size: int) -> None:
    """What ``config check`` prints can be copied into the file."""
    assert quantities.size(quantities.show_size(size)) == size
