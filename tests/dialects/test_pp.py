"""The reports of PP."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import pp
from bounced.report.prose import Notice


def test_the_other_servers_words_are_the_reason(stored: Callable[[str], Notice]) -> None:
    """X.400's own say less."""
    (found,) = pp.read(stored("pp/unable-to-transfer"))
    assert found.words == "5.7.1 Unable to relay for reader@example.com"


def test_a_number_of_x400_is_no_word(stored: Callable[[str], Notice]) -> None:
    """It is cut off behind the diagnostic."""
    first, _ = pp.read(stored("pp/unrecognised-name"))
    assert first.words == "Bad Address Unrecognised O/R name Unknown recipient reader"


def test_dominos_sentence_is_not_taken(notice: Callable[..., Notice]) -> None:
    """The first line is PP's mark."""
    text = "Your message was not delivered to:\n\ta@example.com\nfor the following reason:\nno\n"
    assert pp.read(notice(text)) == ()
