"""The list of IBM's SMTP server."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import vmtcpip
from bounced.report.prose import Notice


def test_one_reason_is_for_all(stored: Callable[[str], Notice]) -> None:
    """And one host."""
    found = vmtcpip.read(stored("vmtcpip/gave-up"))
    assert {one.remote_mta.value for one in found if one.remote_mta} == {"mail.example.com"}
    assert [one.address for one in found] == ["reader@example.com", "second@example.com"]


def test_another_sentence_is_nothing(notice: Callable[..., Notice]) -> None:
    """It begins with the name of the host."""
    assert vmtcpip.read(notice("We could not deliver following mail to recipient(s):\n")) == ()
