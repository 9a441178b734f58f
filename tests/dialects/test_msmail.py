"""The gateways of Microsoft Mail and cc:Mail."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import msmail
from bounced.report.prose import Notice


def test_names_are_shown_and_addresses_taken(stored: Callable[[str], Notice]) -> None:
    """A post office has names, and addresses that it could not map."""
    first, second = msmail.read(stored("msmail/unknown-addresses"))
    assert first.defects[0].text == "no address: EXAMPLE/PO1/ANNA"
    assert second.address == "reader@example.com"


def test_another_systems_sentence_is_left_to_others(notice: Callable[..., Notice]) -> None:
    """cc:Mail names itself."""
    text = "Message is undeliverable.\nReason: unknown\n"
    assert msmail.read(notice(text)) == ()
