"""The lists of Notes."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import notes
from bounced.report.prose import Notice


def test_each_reason_is_for_those_below_it(stored: Callable[[str], Notice]) -> None:
    """Up to the next line that is no address."""
    words = [one.words for one in notes.read(stored("notes/two-reasons"))]
    assert words[0] == words[1] == "User not listed in public Name & Address Book"
    assert words[2] == "Recipient's mail file has reached its maximum size"


def test_the_name_of_a_person_is_shown(stored: Callable[[str], Notice]) -> None:
    """It is no address, and none is made of it."""
    (found,) = notes.read(stored("notes/japanese-name"))
    assert (found.address, found.defects[0].text) == (
        None,
        "no address: Anna Example/Tokyo/Example",
    )


def test_an_empty_list_is_nothing(notice: Callable[..., Notice]) -> None:
    """A heading alone tells nothing."""
    assert notes.read(notice("------- Failure Reasons  --------\n\n")) == ()
