"""InterMail's reasons."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import intermail
from bounced.model import Typed
from bounced.report.prose import Notice


def test_the_reply_is_taken_from_the_advice_around_it(stored: Callable[[str], Notice]) -> None:
    """With the server that gave it; for all recipients, as it names none."""
    found = intermail.read(stored("intermail/refused"))
    assert [one.address for one in found] == ["anna@example.com", "info@example.com"]
    assert {one.diagnostic_code for one in found} == {
        Typed("smtp", "552 5.3.4 message size exceeds limit")
    }
    assert {one.remote_mta for one in found} == {Typed("dns", "mx.example.com")}


def test_whom_to_write_to_is_no_recipient(notice: Callable[..., Notice]) -> None:
    """`Please reply to` ends the list, even where the address is alone on the next line."""
    text = (
        "This Message was undeliverable due to the following reason:\n\n"
        "The user(s) account is disabled.\n\n     <a@example.com>\n\n"
        "Please reply to\n<postmaster@example.com>\nif you feel this to be in error.\n"
    )
    assert [one.address for one in intermail.read(notice(text))] == ["a@example.com"]


def test_a_recipient_may_be_hidden(notice: Callable[..., Notice]) -> None:
    """An account, without a domain."""
    text = (
        "This Message was undeliverable due to the following reason:\n\n"
        "    Recipient: <anna>\n    Reason:    unknown\n"
    )
    (found,) = intermail.read(notice(text))
    assert (found.address, found.defects[0].text) == (None, "no address: anna")


def test_a_reason_without_addresses_is_nothing(notice: Callable[..., Notice]) -> None:
    """Nobody is blamed."""
    assert (
        intermail.read(notice("This Message was undeliverable due to the following reason:\n"))
        == ()
    )
    assert intermail.read(notice("The following recipients did not receive this message:\n")) == ()
