"""The dates that lists give, and those that are none."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounced.lists.dates import when

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-03-04", datetime(2024, 3, 4, tzinfo=UTC)),
        ("20240304", datetime(2024, 3, 4, tzinfo=UTC)),
        ("2024-03-04T05:06:07Z", datetime(2024, 3, 4, 5, 6, 7, tzinfo=UTC)),
        ("2024-03-04T05:06:07.890-05:00", datetime(2024, 3, 4, 10, 6, 7, 890_000, tzinfo=UTC)),
        ("2024-03-04 05:06:07 +0200", datetime(2024, 3, 4, 3, 6, 7, tzinfo=UTC)),
        ("2024-03-04 05:06:07 UTC", datetime(2024, 3, 4, 5, 6, 7, tzinfo=UTC)),
        ("2024-03-04 05:06:07 +0000 UTC", datetime(2024, 3, 4, 5, 6, 7, tzinfo=UTC)),
        ("2024/03/04 05:06", datetime(2024, 3, 4, 5, 6, tzinfo=UTC)),
        ("Mon, 04 Mar 2024 05:06:07 GMT", datetime(2024, 3, 4, 5, 6, 7, tzinfo=UTC)),
        ("Mon, 04 Mar 2024 05:06:07 UTC", datetime(2024, 3, 4, 5, 6, 7, tzinfo=UTC)),
        ("1709528767", datetime(2024, 3, 4, 5, 6, 7, tzinfo=UTC)),
        ("1709528767000", datetime(2024, 3, 4, 5, 6, 7, tzinfo=UTC)),
        ("1709528767.5", datetime(2024, 3, 4, 5, 6, 7, 500_000, tzinfo=UTC)),
    ],
)
def test_every_way_to_write_a_date_is_read(text: str, moment: datetime) -> None:
    """In UTC; without a zone it is taken for UTC."""
    assert when(text, NOW) == moment


@pytest.mark.parametrize("text", ["", " ", "0", "null", "0000-00-00 00:00:00"])
def test_no_date_is_none(text: str) -> None:
    """The entry is then dated when it is imported."""
    assert when(text, NOW) is None


@pytest.mark.parametrize("text", ["01/02/2026", "1.2.2026", "yesterday", "12", "1066-10-14", "-5"])
def test_what_could_be_two_dates_or_is_none_is_an_error(text: str) -> None:
    """It says how to write it."""
    with pytest.raises(ValueError, match="is no date; write 2026-01-31"):
        when(text, NOW)


def test_a_date_that_has_not_come_is_an_error_but_a_clock_may_go_wrong() -> None:
    """Within a day it is now."""
    with pytest.raises(ValueError, match="has not come yet"):
        when("2026-06-03", NOW)
    assert when("2026-06-01T12:00:00", NOW) == NOW


@given(st.text(max_size=40) | st.from_regex(r"[0-9:./+-]{1,25}"))
def test_any_text_is_a_date_none_or_a_value_error(text: str) -> None:
    """Nothing else gets out, and never a date to come."""
    try:
        moment = when(text, NOW)
    except ValueError:
        return
    assert moment is None or (moment <= NOW and moment.tzinfo is not None)
