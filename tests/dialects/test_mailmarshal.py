"""The notice of MailMarshal."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import mailmarshal
from bounced.report.prose import Notice


def test_one_reason_counts_for_all(stored: Callable[[str], Notice]) -> None:
    """The reason stands above the list; the sender in the text is no recipient."""
    found = mailmarshal.read(stored("mailmarshal/user-unknown"))
    assert [one.address for one in found] == ["nobody@example.com", "gone@example.com"]
    assert {str(one.status) for one in found} == {"5.1.1"}


def test_a_list_without_a_reason_is_nothing(notice: Callable[..., Notice]) -> None:
    """Both halves are needed."""
    text = "The following recipients were affected:\n    a@example.com\n"
    assert mailmarshal.read(notice(text)) == ()
