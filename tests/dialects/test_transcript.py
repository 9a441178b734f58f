"""An SMTP dialogue in the text."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bounced.dialects import transcript
from bounced.report.prose import Notice

Make = Callable[..., Notice]


@pytest.mark.parametrize(
    "text",
    [
        ">>> RCPT TO:<a@example.com>\n<<< 550 no",
        "-> RCPT TO:<a@example.com>\n<- 550 no",
        "C: RCPT TO:<a@example.com>\nS: 550 no",
        "RCPT TO: a@example.com\n550 no",
        "09:15:02 >> RCPT TO:<a@example.com> NOTIFY=NEVER\n09:15:03 << 550 no",
        "MAIL FROM:<x@example.org>\nRCPT TO:<a@example.com>\n550 no",
    ],
)
def test_the_marks_of_a_dialogue(text: str) -> None:
    """Arrows, letters, times, or nothing; a single reply is the last command's."""
    assert transcript.refused(text) == {"a@example.com": "550 no"}


def test_replies_belong_to_commands_in_their_order() -> None:
    """Pipelined, with a reply over several lines."""
    text = "RCPT TO:<a@example.com>\nRCPT TO:<b@example.com>\nDATA\n"
    text += "250 ok\n550-no\n550 such user\n503 x"
    assert transcript.refused(text) == {
        "b@example.com": "550 no such user",
        "a@example.com": "503 x",
    }


def test_refused_content_is_refused_for_all_that_were_taken() -> None:
    """After DATA and after the final dot."""
    text = "RCPT TO:<a@example.com>\n250 ok\nDATA\n354 go\n.\n554 spam"
    assert transcript.refused(text) == {"a@example.com": "554 spam"}


def test_the_sender_is_no_recipient(notice: Make) -> None:
    """Even where a server asks about his address."""
    text = "RCPT TO:<news@example.org>\n550 no\n"
    assert transcript.read(notice(text, To="news@example.org")) == ()
