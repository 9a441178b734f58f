"""The blocks of MailEnable."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import mailenable
from bounced.model import Action
from bounced.report.prose import Notice


def test_each_reason_is_its_own(stored: Callable[[str], Notice]) -> None:
    """A blank line ends it."""
    first, second = mailenable.read(stored("mailenable/remote-refused"))
    assert str(first.status) == "5.1.1"
    assert second.words == "The domain name could not be resolved"


def test_a_warning_is_no_failure(stored: Callable[[str], Notice]) -> None:
    """The sentence above the first recipient says so."""
    (found,) = mailenable.read(stored("mailenable/delayed"))
    assert found.action is Action.DELAYED


def test_text_without_a_block_is_nothing(notice: Callable[..., Notice]) -> None:
    """The heading is everybody's."""
    assert mailenable.read(notice("The following recipient(s) could not be reached:\n")) == ()
