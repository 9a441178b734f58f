"""AOL's page."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import aol
from bounced.report.prose import Notice


def test_the_code_stands_in_a_sentence(stored: Callable[[str], Notice]) -> None:
    """`type 5.2.2 delivery errors`."""
    (found,) = aol.read(stored("aol/page-in-html"))
    assert (found.address, str(found.status)) == ("full@example.net", "5.2.2")


def test_the_sentence_alone_is_nothing(notice: Callable[..., Notice]) -> None:
    """Others write it too, and go on in another way."""
    text = (
        "We were unable to deliver your message to the following address:\n\n<a@example.com>: x\n"
    )
    assert aol.read(notice(text)) == ()
