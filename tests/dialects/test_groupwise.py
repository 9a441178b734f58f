"""The list of GroupWise."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import groupwise
from bounced.report.prose import Notice


def test_a_name_inside_the_system_is_no_address(stored: Callable[[str], Notice]) -> None:
    """user.office.domain is where GroupWise keeps a mailbox."""
    found = groupwise.read(stored("groupwise/user-not-found"))
    assert [one.address for one in found] == ["reader@example.com", "second@example.com", None]
    assert found[2].defects[0].text == "no address: anna.po1.dom1"


def test_a_sentence_without_a_list_is_nothing(notice: Callable[..., Notice]) -> None:
    """Somebody may quote the heading."""
    text = "The message that you sent was undeliverable to the following:\n"
    assert groupwise.read(notice(text)) == ()
