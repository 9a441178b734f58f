"""The blocks of Exchange 2007 and later, and of Microsoft 365."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import exchange
from bounced.model import Action, Typed
from bounced.report.prose import Notice


def test_the_layout_is_read_in_any_language(stored: Callable[[str], Notice]) -> None:
    """German, French: the block for administrators is the same."""
    german = exchange.read(stored("exchange/several-german"))
    french = exchange.read(stored("exchange/remote-server-french"))
    assert [one.address for one in german] == ["anna@example.com", "nobody@example.com"]
    assert french[0].remote_mta == Typed("dns", "mx.example.net")


def test_the_verdict_comes_before_the_last_attempt(stored: Callable[[str], Notice]) -> None:
    """The first of several replies is final; the host is the one with an IP address."""
    (found,) = exchange.read(stored("exchange/expired-365"))
    assert found.remote_mta == Typed("dns", "mx.example.edu")
    assert "returned '451 4.4.0" in (found.words or "")


def test_a_code_of_class_4_is_a_delay(notice: Callable[..., Notice]) -> None:
    """What has failed for good is always said with a 5."""
    text = "a@example.com\n#450 4.4.7 Verspätet ##\n"
    assert exchange.read(notice(text))[0].action is Action.DELAYED


def test_the_heading_names_recipients_where_the_block_is_lost(
    notice: Callable[..., Notice],
) -> None:
    """Known words, or the header field that marks a notice in any language."""
    english = (
        "Delivery has failed to these recipients or groups:\n\nAnna<mailto:a@example.com>\nNo."
    )
    finnish = "Toimitus seuraaville ei onnistunut:\n\nAnna<mailto:a@example.com>\nEi."
    marked = {"X_MS_Exchange_Message_Is_Ndr": ""}
    assert exchange.read(notice(english, From="postmaster@example.com"))
    assert exchange.read(notice(finnish, From="postmaster@example.com", **marked))
    assert exchange.read(notice(finnish, From="postmaster@example.com")) == ()


def test_a_success_is_no_failure(notice: Callable[..., Notice]) -> None:
    """Delivered: the same names, another sentence."""
    text = "Your message has been delivered to:\n\na@example.com<mailto:a@example.com>\n"
    assert exchange.read(notice(text, From="Microsoft Outlook <m@example.com>")) == ()
