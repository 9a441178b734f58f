"""The list of OpenSMTPD."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import opensmtpd
from bounced.model import Action, Typed
from bounced.report.prose import Notice


def test_own_words_are_told_from_a_reply(stored: Callable[[str], Notice]) -> None:
    """No host is named in either case."""
    reply, own = opensmtpd.read(stored("opensmtpd/several-recipients"))
    assert reply.diagnostic_code is not None
    assert reply.diagnostic_code.type == "smtp"
    assert own.diagnostic_code == Typed("x-opensmtpd", "Domain does not exist")


def test_the_list_alone_is_nothing(notice: Callable[..., Notice]) -> None:
    """The sentence that signs the notice is needed."""
    text = "the following list of recipients:\n\na@example.com: hello\n"
    assert opensmtpd.read(notice(text)) == ()


def test_a_success_is_told_with_a_full_stop(stored: Callable[[str], Notice]) -> None:
    """The other lists follow a colon."""
    [one] = opensmtpd.read(stored("opensmtpd/success"))
    assert (one.address, one.action) == ("anna@example.com", Action.DELIVERED)
