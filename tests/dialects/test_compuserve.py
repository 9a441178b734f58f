"""The lines of CompuServe."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import compuserve
from bounced.report.prose import Notice


def test_a_number_is_no_address(stored: Callable[[str], Notice]) -> None:
    """Members were numbers."""
    (found,) = compuserve.read(stored("compuserve/number-and-full"))
    assert (found.address, found.defects[0].text) == (None, "no address: 71234,567")


def test_a_line_needs_its_mark(notice: Callable[..., Notice]) -> None:
    """The sentence above is everybody's."""
    text = (
        "Your message could not be delivered for the following reason:\n\nContact: a@example.com\n"
    )
    assert compuserve.read(notice(text)) == ()
