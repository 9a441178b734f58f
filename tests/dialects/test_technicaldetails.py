"""Stars, and details under double rules."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import technicaldetails
from bounced.model import Action, Typed
from bounced.report.prose import Notice

LIST = "Delivery to the following recipients {}:\n\n   * a@example.com\n   * b@example.com\n\n"


def test_details_that_name_one_say_nothing_of_the_other(stored: Callable[[str], Notice]) -> None:
    """Else the second would be blamed for the first."""
    first, second = technicaldetails.read(stored("technicaldetails/reply-names-one-of-two"))
    assert first.remote_mta == Typed("dns", "mx.example.com")
    assert first.diagnostic_code == Typed("smtp", "550 5.1.1 <nobody@example.com> unknown user")
    assert second.diagnostic_code == Typed("x-technicaldetails", "failed permanently")


def test_details_that_name_nobody_are_for_all(notice: Callable[..., Notice]) -> None:
    """`Routing: Could not find a gateway`."""
    text = LIST.format("failed permanently") + "Technical details:\n\nRouting: no gateway\n====\n"
    said = [one.diagnostic_code for one in technicaldetails.read(notice(text))]
    assert said == [Typed("x-technicaldetails", "Routing: no gateway ====")] * 2


def test_a_delay_is_told_by_the_verb(notice: Callable[..., Notice]) -> None:
    """`has been delayed`."""
    found = technicaldetails.read(notice(LIST.format("has been delayed")))
    assert {one.action for one in found} == {Action.DELAYED}
