"""The paragraphs of qmail and its heirs."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import qmail
from bounced.model import Typed
from bounced.report.prose import Notice

GREETING = "Hi. This is the qmail-send program at mail.example.org.\n\n"


def test_what_qmail_adds_behind_a_reply_is_cut_off(stored: Callable[[str], Notice]) -> None:
    """`Giving up on` is qmail's, not the other server's; the words keep it."""
    found = qmail.read(stored("qmail/several-recipients"))[0]
    assert found.diagnostic_code == Typed("smtp", "550 5.1.1 <nobody@example.com>: User unknown")
    assert found.remote_mta == Typed("dns", "192.0.2.1")
    assert (found.words or "").endswith("Giving up on 192.0.2.1.")


def test_the_break_paragraph_ends_the_notice(notice: Callable[..., Notice]) -> None:
    """QSBMF: what follows a paragraph of dashes is the message."""
    text = GREETING + "<a@example.com>:\nno mailbox\n\n--- copy\n\n<b@example.com>:\nhello\n"
    assert [one.address for one in qmail.read(notice(text))] == ["a@example.com"]


def test_a_paragraph_without_reason_counts(notice: Callable[..., Notice]) -> None:
    """Some heirs write the address and a colon, and nothing more."""
    found = qmail.read(notice(GREETING + "<a@example.com>:\n\n--- copy\n"))
    assert (found[0].address, found[0].diagnostic_code) == ("a@example.com", None)


def test_paragraphs_above_the_greeting_do_not_count(notice: Callable[..., Notice]) -> None:
    """Who forwards a notice may quote addresses in the same way."""
    text = "<me@example.org>:\nlook at this\n\n" + GREETING + "<a@example.com>:\nno mailbox\n"
    assert [one.address for one in qmail.read(notice(text))] == ["a@example.com"]


def test_without_a_greeting_it_is_not_qmail(notice: Callable[..., Notice]) -> None:
    """The paragraphs alone are too common."""
    assert qmail.read(notice("<a@example.com>:\nis the new address of Anna\n")) == ()
