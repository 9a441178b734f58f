"""The starred lines of Mercury."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import mercury
from bounced.report.prose import Notice

RULE = "-" * 40


def test_each_star_is_a_recipient(notice: Callable[..., Notice]) -> None:
    """What follows up to the next one is the reason."""
    text = f"{RULE}\n*** a@example.com\n550 no\n*** b@example.com\n{RULE}\n"
    first, second = mercury.read(notice(text))
    assert (first.words, second.address) == ("550 no", "b@example.com")


def test_a_persons_stars_are_left_alone(notice: Callable[..., Notice]) -> None:
    """Starred lines between rules are what newsletters have too."""
    text = f"{RULE}\n*** a@example.com\nwrite to us\n{RULE}\n"
    assert mercury.read(notice(text, From="anna@example.com", Subject="News")) == ()
