"""Momentum's entries."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import momentum
from bounced.model import Action, Typed
from bounced.report.prose import Notice


def test_a_reply_may_be_wrapped(stored: Callable[[str], Notice]) -> None:
    """Up to the next entry."""
    first, second = momentum.read(stored("momentum/after-rcpt"))
    assert first.diagnostic_code == Typed("smtp", "550 5.1.1 <nobody@example.com>: no such user")
    assert second.address == "info@example.net"


def test_a_warning_is_a_delay(stored: Callable[[str], Notice]) -> None:
    """`has not yet been delivered`."""
    (found,) = momentum.read(stored("momentum/delayed"))
    assert found.action is Action.DELAYED


def test_without_words_the_stage_is_the_reason(notice: Callable[..., Notice]) -> None:
    """`(host lookup failed):` and nothing behind it."""
    text = (
        "This message was created automatically by the mail system (ecelerity).\n\n"
        ">>> a@example.com (host lookup failed):\n"
    )
    (found,) = momentum.read(notice(text))
    assert found.diagnostic_code == Typed("x-momentum", "host lookup failed")


def test_quoted_addresses_are_nothing(notice: Callable[..., Notice]) -> None:
    """People quote with the same signs."""
    assert momentum.read(notice(">>> a@example.com (Anna): 550 reasons\n")) == ()
