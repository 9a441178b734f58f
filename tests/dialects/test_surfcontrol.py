"""The transcript of SurfControl."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import surfcontrol
from bounced.report.prose import Notice


def test_the_last_attempt_tells_why(stored: Callable[[str], Notice]) -> None:
    """The first one was put off."""
    found = surfcontrol.read(stored("surfcontrol/several-attempts"))
    assert [str(one.status) for one in found] == ["5.2.2", "5.1.1"]


def test_where_no_host_was_found_the_attempt_itself_is_the_reason(
    notice: Callable[..., Notice],
) -> None:
    """No server answered, so no line has an address."""
    text = (
        "A transcript of the attempts to send the message follows.\n"
        "Addressed To: a@nowhere.invalid\n\nFailed to identify host for nowhere.invalid\n"
        "--- Message non-deliverable.\n"
    )
    (found,) = surfcontrol.read(notice(text))
    assert found.diagnostic_code is not None
    assert found.diagnostic_code.value == "Failed to identify host for nowhere.invalid"


def test_who_is_in_no_attempt_did_not_fail(notice: Callable[..., Notice]) -> None:
    """Of two recipients one was refused."""
    text = (
        "A transcript of the attempts to send the message follows.\n"
        "Addressed To: a@example.com;b@example.com\n\nb@example.com: [192.0.2.1], 550 no\n"
    )
    assert [one.address for one in surfcontrol.read(notice(text))] == ["b@example.com"]
