"""The library, last and contained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bounced.dialects import flufl
from bounced.model import Action
from bounced.report.prose import Notice


def test_it_tells_addresses_and_nothing_else(stored: Callable[[str], Notice]) -> None:
    """No reason, no code; the division into temporary and permanent is kept."""
    (failed,) = flufl.read(stored("generic/undeliverable-address"))
    late, _ = flufl.read(stored("flufl/several-postponed"))
    assert (failed.action, failed.diagnostic_code, failed.status) == (Action.FAILED, None, None)
    assert late.action is Action.DELAYED


def test_the_sender_and_contacts_are_not_believed(notice: Callable[..., Notice]) -> None:
    """Its patterns take any address behind a sentence of failure."""
    text = (
        "A message that you sent could not be delivered\n"
        "Please contact help@example.com about mail of news@example.org\n"
    )
    assert flufl.read(notice(text, To="news@example.org")) == ()


def test_automatic_replies_are_left_alone(stored: Callable[[str], Notice]) -> None:
    """Neither a person's reply nor one of a postmaster on holiday."""
    assert flufl.read(stored("lookalike/postmaster-vacation")) == ()
    assert flufl.read(stored("lookalike/vacation-with-addresses")) == ()


def test_whatever_it_raises_is_nothing_found(notice: Callable[..., Notice]) -> None:
    """A header that the standard library cannot fold, bytes that are no text."""
    text = "\udcff could not be delivered \x00 <a@b>\n" * 50
    assert flufl.read(notice(text, Subject="\udcff undeliverable \r\n x")) == ()


def test_an_author_without_an_address_is_not_asked_about(
    caplog: pytest.LogCaptureFixture, notice: Callable[..., Notice]
) -> None:
    """The library would raise, and write a traceback into our log for everybody who sends that."""
    text = "The following addresses had permanent fatal errors:\n\n<nobody@example.com>\n"
    for author in ("", ",", ":", "(" * 500, "a:" * 500):
        flufl.read(replace(notice(text, Subject="undeliverable"), from_=author))
    assert not caplog.records
