"""A sentence of failure and a list below it."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import generic
from bounced.model import Action
from bounced.report.prose import Notice


def test_a_contact_below_is_no_recipient(stored: Callable[[str], Notice]) -> None:
    """The details end where the help desk begins."""
    (found,) = generic.read(stored("generic/unable-to-deliver"))
    assert found.address == "nobody@example.com"
    assert "helpdesk" not in (found.words or "")


def test_an_address_under_another_sentence_is_nothing(notice: Callable[..., Notice]) -> None:
    """Only the lines just above count."""
    text = (
        "Your message could not be delivered.\n\nIt was big.\n\nPlease\nbe\nkind.\n\n"
        "For questions contact:\n\nhelp@example.com\n"
    )
    assert generic.read(notice(text)) == ()


def test_the_sender_is_no_recipient(notice: Callable[..., Notice]) -> None:
    """Whom the notice is addressed to has not failed."""
    text = "We were unable to deliver mail from:\n\n<news@example.org>\n"
    assert generic.read(notice(text, To="news@example.org")) == ()


def test_a_delay_is_a_delay(notice: Callable[..., Notice]) -> None:
    """Words of a warning anywhere in the notice."""
    text = "Could not be delivered yet to:\n\n<a@example.com>: busy\n\nWe will keep trying.\n"
    assert generic.read(notice(text))[0].action is Action.DELAYED


def test_mail_of_people_is_left_alone(notice: Callable[..., Notice]) -> None:
    """Neither daemon nor subject: whatever the text says."""
    text = "Unable to deliver message to:\n\n<a@example.com>: User unknown\n"
    assert generic.read(notice(text, From="Karl <karl@example.com>", Subject="Re: hi")) == ()
