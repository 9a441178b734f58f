"""AOL's refusals."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import airmail
from bounced.report.prose import Notice


def test_a_screen_name_is_shown_and_not_completed(stored: Callable[[str], Notice]) -> None:
    """The sender stands in the text as an address, and did not fail."""
    (found,) = airmail.read(stored("airmail/no-attachments"))
    assert (found.address, found.defects[0].text) == (None, "no address: screenname")


def test_a_sentence_without_a_list_is_nothing(notice: Callable[..., Notice]) -> None:
    """Nobody is named."""
    text = "Your mail to the following recipients could not be delivered because of it."
    assert airmail.read(notice(text)) == ()
