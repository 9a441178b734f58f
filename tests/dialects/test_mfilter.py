"""The notice of m-FILTER."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import mfilter
from bounced.report.prose import Notice


def test_one_reply_counts_for_all(stored: Callable[[str], Notice]) -> None:
    """It stands below the list, on as many lines as the server sent."""
    found = mfilter.read(stored("mfilter/unknown-user"))
    assert [one.address for one in found] == ["nobody@example.com", "gone@example.com"]
    assert {str(one.status) for one in found} == {"5.1.1"}


def test_a_reply_without_addresses_is_nothing(notice: Callable[..., Notice]) -> None:
    """Nobody is named."""
    assert mfilter.read(notice("-------server message\n550 no\n")) == ()
