"""QSBMF below a sentence in any language."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import qsbmf
from bounced.model import Typed
from bounced.report.prose import Notice


def test_yahoos_code_has_a_colon(stored: Callable[[str], Notice]) -> None:
    """It is no part of the reply, and what has no code is taken as well."""
    first, second = qsbmf.read(stored("qsbmf/yahoo-spanish"))
    assert first.diagnostic_code == Typed("smtp", "550 5.1.1 no such user")
    assert second.address == "info@nodomain.invalid"


def test_what_qmail_puts_around_a_reply_is_cut_off(stored: Callable[[str], Notice]) -> None:
    """`Remote host said:` in front, `Giving up on` behind."""
    (found,) = qsbmf.read(stored("qsbmf/chinese-greeting"))
    assert found.diagnostic_code == Typed("smtp", "550 5.1.1 no such user")


def test_a_stage_in_brackets_is_no_part_of_the_reply(notice: Callable[..., Notice]) -> None:
    """Yahoo's old form has one."""
    text = (
        "<a@example.com>:\nRemote host said: 550 unknown [RCPT_TO]\n\nBye\n\n<b@example.com>:\nx\n"
    )
    (found,) = qsbmf.read(notice(text))
    assert found.diagnostic_code == Typed("smtp", "550 unknown")


def test_an_address_with_other_words_is_nothing(notice: Callable[..., Notice]) -> None:
    """Unless Yahoo wrote it; and what people write never is."""
    assert qsbmf.read(notice("<a@example.com>:\nwrote yesterday\n")) == ()
    text = "<a@example.com>:\nRemote host said: 550 unknown\n"
    assert qsbmf.read(notice(text, From="anna@example.com", Subject="hello")) == ()
