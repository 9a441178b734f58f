"""The notice of MessageLabs."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import messagelabs
from bounced.model import Action
from bounced.report.prose import Notice


def test_each_list_has_its_own_reason(stored: Callable[[str], Notice]) -> None:
    """Two are unknown, and one host did not answer."""
    found = messagelabs.read(stored("messagelabs/several-addresses"))
    said = [one.diagnostic_code.value for one in found if one.diagnostic_code]
    assert said == ["550 Invalid recipient", "550 Invalid recipient", "Connection timed out"]


def test_what_will_be_tried_again_is_late(notice: Callable[..., Notice]) -> None:
    """The list is the same."""
    text = (
        "This is the mail delivery agent at mail.example.net.\n"
        "I have not been able to deliver your message to the following addresses:\n\n"
        "a@example.com\n\nReason: Connection timed out\n\nDelivery will be attempted again;"
        " you do not need to resend.\nThis is a warning only.\n"
    )
    (found,) = messagelabs.read(notice(text))
    assert found.action is Action.DELAYED


def test_a_heading_without_a_list_is_nothing(notice: Callable[..., Notice]) -> None:
    """Nobody is named; and without the first line it is another notice."""
    text = "I was unable to deliver your message to the following addresses:\n\n"
    assert messagelabs.read(notice(f"This is the mail delivery agent at x.\n{text}none\n")) == ()
    assert messagelabs.read(notice(f"{text}a@example.com\n")) == ()
