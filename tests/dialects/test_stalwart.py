"""Stalwart."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import stalwart
from bounced.model import Action
from bounced.report.prose import Notice


def test_the_heading_tells_the_fate(stored: Callable[[str], Notice]) -> None:
    """Delivered, delayed and failed stand in one notice, each under its own heading."""
    found = stalwart.read(stored("stalwart/partially-delivered"))
    assert [one.action for one in found] == [
        Action.DELIVERED,
        Action.DELAYED,
        Action.FAILED,
        Action.FAILED,
    ]


def test_the_reply_and_its_server_are_told(stored: Callable[[str], Notice]) -> None:
    """Host, code, status and text stand in one sentence."""
    one = stalwart.read(stored("stalwart/failed"))[0]
    assert one.diagnostic_code == ("smtp", "552 5.2.2 Quota exceeded")
    assert one.remote_mta == ("dns", "mx.example.com")


def test_others_lists_are_left_to_others(notice: Callable[..., Notice]) -> None:
    """Sendmail writes addresses with a word in brackets too."""
    text = "Delivery to these addresses failed\n\n<a@b.example> (unrecoverable error)\n"
    assert stalwart.read(notice(text)) == ()
