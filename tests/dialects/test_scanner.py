"""The notices of content filters."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bounced.dialects import scanner
from bounced.report.prose import Notice


def test_the_messages_own_subject_is_no_reason(stored: Callable[[str], Notice]) -> None:
    """It may say anything: that an account is disabled, for one."""
    (found,) = scanner.read(stored("scanner/mailmarshal-language"))
    assert found.diagnostic_code is not None
    assert "disabled" not in found.diagnostic_code.value
    assert "unacceptable language" in found.diagnostic_code.value


def test_of_the_envelope_only_the_recipients_count(stored: Callable[[str], Notice]) -> None:
    """MAIL FROM is who gets the notice."""
    found = scanner.read(stored("scanner/qmail-scanner-virus"))
    assert [one.address for one in found] == ["anna@example.com", "bert@example.com"]


@pytest.mark.parametrize(
    "text",
    [
        "Our virus detector has just been triggered by a message you sent:-\n",
        "To: a@example.com\nThe attachment was removed, and the message delivered.\n",
        "A message you sent to <a@example.com> contained a virus, which was removed.\n",
    ],
)
def test_what_went_through_or_names_nobody_is_nothing(
    text: str, notice: Callable[..., Notice]
) -> None:
    """A sentence of refusal and a recipient are both needed."""
    assert scanner.read(notice(text)) == ()


def test_whom_to_ask_is_no_recipient(notice: Callable[..., Notice]) -> None:
    """An address at the margin, below the recipients, belongs to the next sentence."""
    text = (
        "Our virus detector has just been triggered by a message you sent:-\n"
        "  To: a@example.com,\n      b@example.com\n\nhelp@example.com knows more.\n"
        "To help@example.com you may write, too.\n"
    )
    found = scanner.read(notice(text))
    assert [one.address for one in found] == ["a@example.com", "b@example.com"]
