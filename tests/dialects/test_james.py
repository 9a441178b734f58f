"""Apache James."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import james
from bounced.report.prose import Notice


def test_an_error_that_names_one_recipient_is_no_word_on_another(
    stored: Callable[[str], Notice],
) -> None:
    """All stand in one list below one reason; only whom the reason names is blamed for it."""
    one, two = james.read(stored("james/message-details"))
    assert (str(one.status), two.status, two.diagnostic_code) == ("5.1.1", None, None)


def test_an_error_that_names_nobody_is_all_recipients(stored: Callable[[str], Notice]) -> None:
    """James bounces together what failed alike."""
    assert [str(one.status) for one in james.read(stored("james/failed-recipients"))] == [
        "5.1.1",
        "5.1.1",
    ]


def test_details_without_an_error_are_no_bounce(notice: Callable[..., Notice]) -> None:
    """The mailets also report what was delivered, or held for spam."""
    text = "Message details:\n  MAIL FROM: a@b.example\n  RCPT TO: c@d.example\n  From: x\n"
    assert james.read(notice(text)) == ()
