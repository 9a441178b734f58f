"""The notice of KDDI."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import kddi
from bounced.report.prose import Notice


def test_each_address_has_its_own_reason(stored: Callable[[str], Notice]) -> None:
    """The reply to one says nothing of the other."""
    nobody, anna = kddi.read(stored("kddi/relay-error"))
    assert str(nobody.status) == "5.1.1"
    assert anna.status is None


def test_without_its_first_line_it_is_another_notice(notice: Callable[..., Notice]) -> None:
    """Others write the sentence, too."""
    assert kddi.read(notice("Could not be delivered to: <a@example.com>\nAs it is.\n")) == ()
