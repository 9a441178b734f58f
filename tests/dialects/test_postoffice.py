"""The explanations of Post.Office."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import postoffice
from bounced.report.prose import Notice

HEADING = "This Message was undeliverable due to the following reason:\n\n"


def test_the_postmaster_at_the_end_is_no_recipient(notice: Callable[..., Notice]) -> None:
    """What stands below "Please reply to" is about help."""
    text = f"{HEADING}Something.\n\nPlease reply to\n<postmaster@example.com>\n"
    assert postoffice.read(notice(text)) == ()


def test_the_refused_sender_is_no_recipient(stored: Callable[[str], Notice]) -> None:
    """It stands in the sentence, in quotes."""
    (found,) = postoffice.read(stored("postoffice/return-address-refused"))
    assert found.address == "reader@example.com"


def test_guesses_are_not_taken_for_the_reason(stored: Callable[[str], Notice]) -> None:
    """The explanation speaks of sizes and headers whatever has happened."""
    (found,) = postoffice.read(stored("postoffice/refused-message"))
    assert found.words is not None
    assert found.words.startswith("550 Mailbox unavailable")
    assert "too large" not in found.words
