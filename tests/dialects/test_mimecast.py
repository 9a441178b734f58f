"""The notice of Mimecast."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import mimecast
from bounced.model import Action
from bounced.report.prose import Notice


def test_the_service_desk_did_not_fail(stored: Callable[[str], Notice]) -> None:
    """Only what stands behind the dashes did."""
    found = mimecast.read(stored("mimecast/connection-failed"))
    assert [one.address for one in found] == ["anna@down.example.com", "bert@down.example.com"]


def test_what_is_late_has_not_failed(notice: Callable[..., Notice]) -> None:
    """The warning has the same layout."""
    text = (
        "An email that you attempted to send to the following address has not yet been"
        " delivered:\n-- a@example.com\n\nThe problem appears to be :\n-- Connection timed out\n"
    )
    (found,) = mimecast.read(notice(text))
    assert found.action is Action.DELAYED


def test_without_a_problem_it_is_another_notice(notice: Callable[..., Notice]) -> None:
    """The list alone is anybody's."""
    text = "sent to the following address could not be delivered:\n-- a@example.com\n"
    assert mimecast.read(notice(text)) == ()
