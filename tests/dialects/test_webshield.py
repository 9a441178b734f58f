"""The notice of WebShield."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import webshield
from bounced.report.prose import Notice


def test_a_reason_is_of_the_address_above_it(stored: Callable[[str], Notice]) -> None:
    """The section ends where the undelivered mail begins."""
    nobody, full = webshield.read(stored("webshield/failed-recipients"))
    assert (nobody.status, str(full.status)) == (None, "5.2.2")


def test_another_section_is_nothing(notice: Callable[..., Notice]) -> None:
    """Its heading is needed."""
    assert webshield.read(notice("---- Recipients ----\n\n<a@example.com>\nno\n")) == ()
