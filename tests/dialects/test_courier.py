"""The sections of Courier."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import courier
from bounced.model import Action, Typed
from bounced.report.prose import Notice


def test_the_dialogue_gives_host_and_reply(stored: Callable[[str], Notice]) -> None:
    """Own words are told from a server's."""
    unknown, nodomain = courier.read(stored("courier/user-unknown"))
    assert unknown.diagnostic_code == Typed("smtp", "550 5.1.1 User unknown.")
    assert unknown.remote_mta == Typed("dns", "mx.example.com")
    assert nodomain.diagnostic_code == Typed("x-courier", "No such domain.")


def test_the_heading_tells_the_action(notice: Callable[..., Notice]) -> None:
    """Delayed mail has a section of its own."""
    text = (
        "This is a delivery status notification from mail.example.org,\n\n"
        "                           DELAYED MAIL\n\n<a@example.com>:\n    timed out\n"
    )
    assert courier.read(notice(text))[0].action is Action.DELAYED


def test_a_heading_alone_is_nothing(notice: Callable[..., Notice]) -> None:
    """Without Courier's sentence the sections do not count."""
    assert courier.read(notice("UNDELIVERABLE MAIL\n\n<a@example.com>:\n  hello\n")) == ()
