"""The labelled lines of Zoho."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import zoho
from bounced.model import Action, Typed
from bounced.report.prose import Notice


def test_labels_are_no_part_of_the_reply(stored: Callable[[str], Notice]) -> None:
    """`ERROR_CODE :550, ERROR_CODE :5.1.1 text` is the reply `550 5.1.1 text`."""
    first = zoho.read(stored("zoho/invalid-address"))[0]
    assert first.diagnostic_code == Typed("smtp", "550 5.1.1 <nobody@example.com>... User Unknown")


def test_a_delay_has_a_line_of_its_own(notice: Callable[..., Notice]) -> None:
    """The heading above it says `fatal errors` all the same."""
    text = (
        "THIS IS A WARNING MESSAGE ONLY.\n\n----- The following addresses had fatal errors -----\n"
        "[Status: Error, Address: <a@example.com>, ResponseCode 421, , Host not reachable.]\n"
    )
    (found,) = zoho.read(notice(text))
    assert (found.address, found.action) == ("a@example.com", Action.DELAYED)


def test_an_address_before_a_comma_is_nothing(notice: Callable[..., Notice]) -> None:
    """The labels are needed."""
    assert zoho.read(notice("a@example.com Anna, b@example.com Karl\n")) == ()


def test_one_code_and_a_dash(stored: Callable[[str], Notice]) -> None:
    """The form since 2019."""
    first, second = zoho.read(stored("zoho/one-code"))
    assert first.diagnostic_code == Typed("smtp", "550 5.1.1 <nobody@example.com>: no such user")
    assert second.address == "info@example.net"
