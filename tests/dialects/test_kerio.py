"""The list of Kerio Connect."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import kerio
from bounced.report.prose import Notice


def test_an_address_above_the_heading_is_no_recipient(notice: Callable[..., Notice]) -> None:
    """Only the list below counts."""
    text = (
        "a@example.com\nYour message has encountered delivery problems\n"
        "to the following recipient(s):\n\nb@example.com\nDelivery failed\n550 no\n"
    )
    (found,) = kerio.read(notice(text))
    assert (found.address, found.words) == ("b@example.com", "550 no")


def test_another_heading_is_left_to_others(notice: Callable[..., Notice]) -> None:
    """An address and "Delivery failed" is what many write."""
    assert kerio.read(notice("b@example.com\nDelivery failed\n")) == ()
