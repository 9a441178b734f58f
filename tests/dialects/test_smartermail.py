"""The blocks of SmarterMail."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import smartermail
from bounced.model import Action
from bounced.report.prose import Notice


def test_the_first_word_says_what_was_done(stored: Callable[[str], Notice]) -> None:
    """Failed or Delayed."""
    failed, _ = smartermail.read(stored("smartermail/remote-host-said"))
    (late,) = smartermail.read(stored("smartermail/delayed"))
    assert (failed.action, late.action) == (Action.FAILED, Action.DELAYED)


def test_what_the_host_said_is_the_reply(notice: Callable[..., Notice]) -> None:
    """Without the words in front."""
    text = "Failed Recipient: a@example.com\nReason: Remote host said: 550 5.1.1 no\n"
    (found,) = smartermail.read(notice(text))
    assert found.words == "550 5.1.1 no"
