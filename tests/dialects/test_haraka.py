"""Haraka."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import haraka
from bounced.model import Action
from bounced.report.prose import Notice


def test_each_of_the_intended_recipients_gets_the_reason(notice: Callable[..., Notice]) -> None:
    """One notice may bounce several, for one reason."""
    text = "Intended Recipients: <a@b.example>, <c@d.example>\nFailure Reason: 550 no\n"
    found = haraka.read(notice(text))
    assert [one.address for one in found] == ["a@b.example", "c@d.example"]
    assert {one.diagnostic_code for one in found} == {("smtp", "550 no")}
    assert {one.action for one in found} == {Action.FAILED}


def test_a_reason_without_a_reply_is_haraka_s_own(stored: Callable[[str], Notice]) -> None:
    """It gave up, and says so in its own words."""
    [one] = haraka.read(stored("haraka/gave-up"))
    assert one.diagnostic_code == ("x-haraka", "Tried all MXs (Connection timed out)")
