"""The blocks of PMDF."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import pmdf
from bounced.model import Action
from bounced.report.prose import Notice


def test_an_address_of_a_channel_is_nobodys(stored: Callable[[str], Notice]) -> None:
    """The original address is the recipient's there."""
    (found,) = pmdf.read(stored("pmdf/over-quota-local"))
    assert (found.address, found.original_recipient) == ("reader@example.com", None)


def test_the_heading_says_what_was_done(stored: Callable[[str], Notice]) -> None:
    """One form for all news."""
    names = ("delayed", "returned-after-days", "relayed")
    actions = [pmdf.read(stored(f"pmdf/{name}"))[0].action for name in names]
    assert actions == [Action.DELAYED, Action.FAILED, Action.RELAYED]


def test_good_news_is_told_as_such(notice: Callable[..., Notice]) -> None:
    """Where a report of success was asked for."""
    text = (
        "Your message has been successfully delivered to the following recipients:\n\n"
        "  Recipient address: a@example.com\n"
    )
    (found,) = pmdf.read(notice(text))
    assert found.action is Action.DELIVERED


def test_the_remote_system_is_a_host(stored: Callable[[str], Notice]) -> None:
    """Without addresses, ports and the banner."""
    found = pmdf.read(stored("pmdf/rejected-address"))[0]
    assert found.remote_mta is not None
    assert found.remote_mta.value == "mail.example.com"
