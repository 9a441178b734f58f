"""The lines of IMail."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import imail
from bounced.report.prose import Notice

END = "\n\nOriginal message follows.\n"


def test_the_reply_below_belongs_to_the_line_above(stored: Callable[[str], Notice]) -> None:
    """One recipient's reply is not another's."""
    first, second = imail.read(stored("imail/response-to-body"))
    assert [str(one.status) for one in (first, second)] == ["5.3.4", "5.1.1"]


def test_subject_and_last_line_are_its_marks(notice: Callable[..., Notice]) -> None:
    """A line with a colon and an address is anybody's."""
    text = f"Unknown user: a@example.com{END}"
    assert imail.read(notice(text, Subject="Hello")) == ()
    assert imail.read(notice("Unknown user: a@example.com", Subject="Undeliverable Mail")) == ()
    (found,) = imail.read(notice(text, Subject="Undeliverable Mail"))
    assert found.address == "a@example.com"
