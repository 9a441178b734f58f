"""The blocks of hMailServer."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import hmailserver
from bounced.report.prose import Notice


def test_only_the_reply_is_the_reason(stored: Callable[[str], Notice]) -> None:
    """What hMailServer sent quotes addresses and commands."""
    first, _ = hmailserver.read(stored("hmailserver/remote-replied"))
    assert first.words is not None
    assert first.words.startswith("550 5.1.1")


def test_a_host_is_the_remote_one(stored: Callable[[str], Notice]) -> None:
    """Where the connection failed."""
    _, second = hmailserver.read(stored("hmailserver/no-servers"))
    assert second.remote_mta is not None
    assert second.remote_mta.value == "mail.example.net"


def test_an_address_without_its_error_is_nothing(notice: Callable[..., Notice]) -> None:
    """The heading is Exchange's."""
    assert hmailserver.read(notice("could not be reached:\n\na@example.com\n")) == ()
