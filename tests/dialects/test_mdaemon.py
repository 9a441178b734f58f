"""The transcripts of MDaemon."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import mdaemon
from bounced.model import Action
from bounced.report.prose import Notice

BEGIN = "--- Session Transcript ---\n"
END = "--- End Transcript ---\n"


def test_a_reply_to_data_is_about_all_that_were_accepted(notice: Callable[..., Notice]) -> None:
    """And one to RCPT only about the address before it."""
    text = (
        f"{BEGIN} --> MAIL From:<s@example.org>\n --> RCPT To:<a@example.com>\n <-- 550 no\n"
        " --> RCPT To:<b@example.com>\n <-- 250 ok\n --> RCPT To:<c@example.com>\n <-- 250 ok\n"
        f" --> DATA\n <-- 354 go\n <-- 554 spam\n --> QUIT\n{END}"
    )
    found = mdaemon.read(notice(text))
    assert [(one.address, one.words) for one in found] == [
        ("a@example.com", "550 no"),
        ("b@example.com", "554 spam"),
        ("c@example.com", "554 spam"),
    ]


def test_a_refused_sender_is_no_recipient(notice: Callable[..., Notice]) -> None:
    """The reply to MAIL is the trouble of the one that the transcript is about."""
    text = (
        f"{BEGIN} From: s@example.org\n To: a@example.com\n"
        f" --> MAIL From:<s@example.org>\n <-- 550 sender unknown\n{END}"
    )
    (found,) = mdaemon.read(notice(text))
    assert (found.address, found.words) == ("a@example.com", "<-- 550 sender unknown")


def test_a_warning_is_no_failure(stored: Callable[[str], Notice]) -> None:
    """It says TRANSIENT above the transcript."""
    (found,) = mdaemon.read(stored("mdaemon/could-not-connect"))
    assert found.action is Action.DELAYED


def test_text_without_a_transcript_is_nothing(notice: Callable[..., Notice]) -> None:
    """MDaemon sends notices about quotas and attachments too."""
    assert mdaemon.read(notice("To: a@example.com\n")) == ()
