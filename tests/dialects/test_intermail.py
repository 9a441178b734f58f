"""The notices of InterMail and ezweb."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import intermail
from bounced.report.prose import Notice


def test_each_list_has_its_own_reason(stored: Callable[[str], Notice]) -> None:
    """Who is over quota is not disabled, though both stand in one notice."""
    closed, full = intermail.read(stored("intermail/two-reasons"))
    assert (closed.address, full.address) == ("closed@isp.example.net", "full@isp.example.net")
    assert closed.diagnostic_code is not None
    assert full.diagnostic_code is not None
    assert "disabled" in closed.diagnostic_code.value
    assert "disabled" not in full.diagnostic_code.value


def test_a_list_without_a_reason_has_that_of_the_list_before(
    stored: Callable[[str], Notice],
) -> None:
    """One host was down, and each of its recipients got a list."""
    found = intermail.read(stored("intermail/not-delivered-in-time"))
    assert len({one.diagnostic_code for one in found}) == 1


def test_the_postmaster_to_reply_to_is_not_named(notice: Callable[..., Notice]) -> None:
    """Only what stands in brackets in the list failed."""
    text = "The user(s) account is disabled.\n\nPlease reply to Postmaster@isp.example.net\n"
    assert intermail.read(notice(text)) == ()


def test_an_address_below_a_blank_line_is_not_in_the_list(notice: Callable[..., Notice]) -> None:
    """There the notice says whom to write to."""
    text = "The user(s) account is disabled.\n\n<a@example.com>: 550 x\n\nhelp@example.com\n"
    assert [one.address for one in intermail.read(notice(text))] == ["a@example.com"]
