"""The list for LISTSERV."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import lmail
from bounced.model import Action
from bounced.report.prose import Notice


def test_a_reason_goes_on_where_it_is_indented(stored: Callable[[str], Notice]) -> None:
    """Like a field of a header."""
    _, second = lmail.read(stored("lmail/two-recipients"))
    assert second.words == "Error reported by mail.example.net: 552 Mailbox is over quota"


def test_a_warning_is_no_failure(stored: Callable[[str], Notice]) -> None:
    """The arrow above the first block says what it is."""
    (found,) = lmail.read(stored("lmail/delayed"))
    assert found.action is Action.DELAYED


def test_text_without_a_block_is_nothing(notice: Callable[..., Notice]) -> None:
    """The sentence about LISTSERV names nobody."""
    assert lmail.read(notice("This list is in a special format\nError-Code: 3\n")) == ()
