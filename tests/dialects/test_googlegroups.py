"""A Google Group that takes no post."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import googlegroups
from bounced.report.prose import Notice

TEXT = (
    "Hello news@example.org,\n\nthe group you tried to contact (announce) may not exist.\n\n"
    "https://groups.google.com/support/\n"
)


def test_the_address_comes_from_the_header_and_agrees_with_the_text(
    notice: Callable[..., Notice],
) -> None:
    """A header for another group than the text names is not believed."""
    right = googlegroups.read(notice(TEXT, X_Failed_Recipients="announce@groups.example.com"))
    wrong = googlegroups.read(notice(TEXT, X_Failed_Recipients="news@example.org"))
    assert right[0].address == "announce@groups.example.com"
    assert wrong[0].address is None


def test_other_mail_about_groups_is_not_its_own(notice: Callable[..., Notice]) -> None:
    """Without the link to the help centre it is no notice."""
    assert googlegroups.read(notice("Our group (announce) meets on Monday.\n")) == ()
