"""The sentence of Domino."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import domino
from bounced.model import Action
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


def test_a_translated_sentence_needs_a_mark_of_domino(notice: Callable[..., Notice]) -> None:
    """Paragraphs with colons between them are what others write too."""
    text = "Ihre Nachricht\n\n  Betreff: x\n\nging nicht an:\n\n  a@example.com\n\nweil:\n\n  x\n"
    assert domino.read(notice(text)) == ()
    (found,) = domino.read(notice(text, X_MIMETrack="Itemize by SMTP Server"))
    assert (found.address, found.action) == ("a@example.com", Action.FAILED)


def test_what_has_not_yet_been_delivered_may_be(notice: Callable[..., Notice]) -> None:
    """A warning has the same form."""
    text = "has not yet been delivered to:\n\n  a@example.com\n\nbecause:\n\n  busy\n"
    (found,) = domino.read(notice(text))
    assert found.action is Action.DELAYED
