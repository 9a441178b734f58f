"""X-Failed-Recipients."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import failed_header
from bounced.model import Action
from bounced.report.prose import Notice


def test_all_of_its_addresses_failed(stored: Callable[[str], Notice]) -> None:
    """A comma at the end, as chasquid writes one, is no address."""
    found = failed_header.read(stored("failed_header/unknown-language"))
    assert [(one.address, one.action) for one in found] == [
        ("nobody@example.com", Action.FAILED),
        ("gone@example.net", Action.FAILED),
    ]


def test_an_automatic_reply_that_kept_the_field_is_no_failure(
    notice: Callable[..., Notice],
) -> None:
    """Who answers a bounce may send its header along."""
    fields = {"X_Failed_Recipients": "a@b.example", "Subject": "Out of office"}
    assert failed_header.read(notice("Away.", **fields)) == ()
