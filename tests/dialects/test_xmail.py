"""The sections of XMail."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import xmail
from bounced.report.prose import Notice


def test_the_sender_is_no_recipient(stored: Callable[[str], Notice]) -> None:
    """It stands above, as Mail From."""
    (found,) = xmail.read(stored("xmail/no-server"))
    assert (found.address, found.remote_mta) == ("reader@nowhere.invalid", None)


def test_the_line_for_programs_is_enough(notice: Callable[..., Notice]) -> None:
    """Operators may leave out the rest."""
    text = "[<00>] XMail bounce: Rcpt=[a@example.com];Error=[550 5.1.1 no]\n"
    (found,) = xmail.read(notice(text))
    assert (found.address, found.words) == ("a@example.com", "550 5.1.1 no")


def test_half_of_it_is_nothing(notice: Callable[..., Notice]) -> None:
    """A recipient without a reason is another form."""
    assert xmail.read(notice("Rcpt To:   <a@example.com>\n")) == ()
