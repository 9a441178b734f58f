"""The notice with the count of errors."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import fulldetails
from bounced.report.prose import Notice


def test_one_error_may_be_of_several_recipients(stored: Callable[[str], Notice]) -> None:
    """Each error is a paragraph, with its server and its reply."""
    found = fulldetails.read(stored("fulldetails/refused-after-data"))
    assert [one.remote_mta and one.remote_mta.value for one in found] == [
        "192.0.2.1",
        "192.0.2.1",
        "mx.example.net",
    ]


def test_other_trouble_is_not_its_own(notice: Callable[..., Notice]) -> None:
    """The first sentence is needed."""
    text = "SMTP Server <mx> rejected recipient <a@example.com>: [550 no]\n"
    assert fulldetails.read(notice(text)) == ()
