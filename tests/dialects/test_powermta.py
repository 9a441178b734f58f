"""PowerMTA."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import powermta
from bounced.model import Action
from bounced.report.prose import Notice


def test_what_became_of_whom_stands_behind_the_address(stored: Callable[[str], Notice]) -> None:
    """Three fates in one list."""
    found = powermta.read(stored("powermta/list-without-report"))
    assert [one.action for one in found] == [Action.FAILED, Action.DELAYED, Action.RELAYED]


def test_a_fate_of_no_known_word_is_none(notice: Callable[..., Notice]) -> None:
    """Rather nothing than a guess."""
    text = "Hello, this is the mail server on a.example.\n\n  <a@b.example>  delivery pending\n"
    assert powermta.read(notice(text)) == ()
