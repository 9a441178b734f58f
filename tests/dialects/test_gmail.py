"""Both forms of Gmail."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import gmail
from bounced.model import Typed
from bounced.report.prose import Notice


def test_the_old_form_names_the_server(stored: Callable[[str], Notice]) -> None:
    """`by mx.example.com.`, and the reply below."""
    (found,) = gmail.read(stored("gmail/old-user-unknown"))
    assert found.remote_mta == Typed("dns", "mx.example.com")
    assert found.diagnostic_code is not None
    assert found.diagnostic_code.type == "smtp"


def test_a_doubled_code_is_told_once(notice: Callable[..., Notice]) -> None:
    """`550 550 5.1.1`: Google's code in front of the server's line."""
    text = (
        "Delivery to the following recipient failed permanently:\n\n     a@example.com\n\n"
        "Technical details of permanent failure:\n"
        "The error that the other server returned was: 550 550 5.1.1 unknown (state 14).\n"
    )
    assert gmail.read(notice(text))[0].diagnostic_code == Typed(
        "smtp", "550 5.1.1 unknown (state 14)."
    )


def test_the_new_form_is_read_in_any_language(stored: Callable[[str], Notice]) -> None:
    """Headline, sentence, answer: the words are not looked at."""
    (found,) = gmail.read(stored("gmail/german"))
    assert (found.address, str(found.status)) == ("full@example.com", "5.2.2")


def test_a_headline_in_other_mail_is_no_notice(notice: Callable[..., Notice]) -> None:
    """Newsletters have headlines between asterisks."""
    text = "** Big sale **\n\nWrite to shop@example.com today\n"
    assert gmail.read(notice(text, From="shop@example.com")) == ()


def test_a_limit_of_the_sender_names_no_recipient(notice: Callable[..., Notice]) -> None:
    """The account may not send now: the recipient has done nothing."""
    text = (
        "** You have reached a limit for sending mail **\n\n"
        "Your message to a@example.com was not sent.\n"
    )
    assert gmail.read(notice(text, From="mailer-daemon@googlemail.com")) == ()


def test_words_beside_an_address_are_no_part_of_it(stored: Callable[[str], Notice]) -> None:
    """Japanese and Chinese put no blank between them."""
    (found,) = gmail.read(stored("gmail/japanese-without-blanks"))
    assert found.address == "nobody@example.com"
    assert found.diagnostic_code is not None
    assert found.diagnostic_code.type == "smtp"


def test_the_header_names_whom_the_text_does_not(stored: Callable[[str], Notice]) -> None:
    """An account for another sender address that is set up wrongly."""
    (found,) = gmail.read(stored("gmail/send-mail-as"))
    assert found.address == "nobody@example.com"


def test_a_reply_that_names_one_says_nothing_of_the_other(notice: Callable[..., Notice]) -> None:
    """The old form has one reason for all whom it lists."""
    text = (
        "Delivery to the following recipients failed permanently:\n\n"
        "     a@example.com\n     b@example.com\n\nTechnical details of permanent failure:\n"
        "The error that the other server returned was:\n550 5.1.1 <a@example.com>: unknown\n"
    )
    first, second = gmail.read(notice(text))
    assert first.diagnostic_code == Typed("smtp", "550 5.1.1 <a@example.com>: unknown")
    assert (second.address, second.diagnostic_code) == ("b@example.com", None)
