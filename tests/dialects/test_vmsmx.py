"""The list of MX for VMS."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import vmsmx
from bounced.report.prose import Notice


def test_the_transcript_names_nobody(stored: Callable[[str], Notice]) -> None:
    """The sender stands there."""
    found = vmsmx.read(stored("vmsmx/smtp-error"))
    assert [one.address for one in found] == ["reader@example.com", "second@example.com"]


def test_a_list_needs_its_heading(notice: Callable[..., Notice]) -> None:
    """An address with a colon is anybody's."""
    assert vmsmx.read(notice("  <a@example.com> (via mx.example.com):\n\tno such user\n")) == ()
