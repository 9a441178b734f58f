"""The lines of JetMail."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import jetmail
from bounced.report.prose import Notice


def test_an_account_is_no_address(stored: Callable[[str], Notice]) -> None:
    """Its domain is not told."""
    first, second = jetmail.read(stored("jetmail/account-full"))
    assert (first.address, second.address) == (None, "reader@example.com")


def test_a_line_needs_all_its_marks(notice: Callable[..., Notice]) -> None:
    """A number and a message, in quotes behind the name."""
    assert jetmail.read(notice("anna ErrMsg=no such user\n")) == ()
