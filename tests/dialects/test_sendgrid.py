"""SendGrid's lines."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import sendgrid
from bounced.model import Typed
from bounced.report.prose import Notice


def test_the_way_names_the_server(stored: Callable[[str], Notice]) -> None:
    """The stage behind the reply is no part of it."""
    first, second = sendgrid.read(stored("sendgrid/several-lines"))
    assert first.remote_mta == Typed("dns", "mx.example.com")
    assert first.diagnostic_code == Typed("smtp", "550 5.1.1 <nobody@example.com>: no such user")
    assert second.remote_mta is None
    assert second.diagnostic_code == Typed("x-sendgrid", "Connection timed out in connect")


def test_the_lines_alone_are_nothing(notice: Callable[..., Notice]) -> None:
    """The signature is needed."""
    assert sendgrid.read(notice("a:1:<a@example.com> : 550 unknown\n")) == ()
