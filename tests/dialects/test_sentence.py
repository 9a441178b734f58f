"""A sentence with the address as its object."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import sentence
from bounced.model import Action
from bounced.report.prose import Notice


def test_each_sentence_has_its_own_reason(stored: Callable[[str], Notice]) -> None:
    """The next recipient's words are not mixed in."""
    first, second = sentence.read(stored("imail/unknown-user"))
    assert "gone@" not in (first.diagnostic_code or ("", ""))[1]
    assert second.address == "gone@example.com"


def test_a_letter_that_was_not_rejected_is_nothing(notice: Callable[..., Notice]) -> None:
    """`Your message to` needs its verb."""
    text = "Your message to anna@example.com was very kind.\n"
    assert sentence.read(notice(text, Subject="Delivery report")) == ()


def test_postponed_is_not_failed(notice: Callable[..., Notice]) -> None:
    """`Delivery of email to this address` fails only where it says so."""
    text = 'Delivery of email to this address\n"a@example.com"\nhas been postponed.\n'
    (found,) = sentence.read(notice(text))
    assert found.action is Action.DELAYED


def test_automatic_replies_are_left_alone(notice: Callable[..., Notice]) -> None:
    """A reply machine of a person called postmaster."""
    text = "Unknown user: a@example.com\n"
    assert sentence.read(notice(text, Subject="Automatic reply: hi")) == ()
