"""The refusals of fml."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import fml
from bounced.report.prose import Notice


def test_neither_sender_nor_command_address_is_blamed(stored: Callable[[str], Notice]) -> None:
    """The list is who did not take the mail."""
    (found,) = fml.read(stored("fml/not-a-member"))
    assert found.address == "readers@example.com"


def test_other_mail_of_the_list_is_left_alone(notice: Callable[..., Notice]) -> None:
    """Fml marks all that it sends."""
    fields = {"X_MLServer": "fml [fml 4.0.3]", "Subject": "[news 12] hello"}
    assert fml.read(notice("I met <a@example.com>.\n", **fields)) == ()


def test_the_receiver_of_the_notice_is_not_the_list(notice: Callable[..., Notice]) -> None:
    """Nobody is blamed where only the sender stands in brackets."""
    fields = {"X_MLServer": "fml 4.0.3", "Subject": "You are not member", "To": "s@example.org"}
    assert fml.read(notice("You <s@example.org> are not a member.\n", **fields)) == ()
