"""The notices of InterScan."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import interscan
from bounced.report.prose import Notice


def test_the_dialogue_comes_before_the_sentence(stored: Callable[[str], Notice]) -> None:
    """Only the dialogue says why."""
    (found,) = interscan.read(stored("interscan/dialogue"))
    assert str(found.status) == "5.1.1"


def test_others_write_the_sentence_too(notice: Callable[..., Notice]) -> None:
    """The product must be named, or the domain's other recipients."""
    text = "Unable to deliver message to <a@example.com>.\n"
    assert interscan.read(notice(text)) == ()
    assert interscan.read(notice(f"InterScan\n{text}"))
