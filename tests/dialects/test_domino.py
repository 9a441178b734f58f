"""The sentence of Domino."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import domino
from bounced.report.prose import Notice


def test_a_name_is_not_made_into_an_address(notice: Callable[..., Notice]) -> None:
    """Notes names of people have no domain."""
    text = "was not delivered to:\n\n  Anna Example/Site/Example\n\nbecause:\n\n  not listed\n"
    (found,) = domino.read(notice(text))
    assert (found.address, found.defects[0].text) == (
        None,
        "no address: Anna Example/Site/Example",
    )


def test_half_of_the_sentence_is_nothing(notice: Callable[..., Notice]) -> None:
    """Without its reason it is another notice."""
    assert domino.read(notice("was not delivered to:\n\n  a@example.com\n")) == ()
