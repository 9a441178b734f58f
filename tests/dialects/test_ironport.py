"""The notice of AsyncOS."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import ironport
from bounced.model import Action
from bounced.report.prose import Notice


def test_the_other_servers_words_come_before_its_own_class(
    stored: Callable[[str], Notice],
) -> None:
    """5.1.0 is all that AsyncOS says of any refused recipient."""
    (found,) = ironport.read(stored("ironport/unknown-user"))
    assert found.diagnostic_code is not None
    assert found.diagnostic_code.value.startswith("550 5.1.1 ")
    assert found.words is not None
    assert found.words.startswith("5.1.0 - Unknown address error")


def test_a_delay_is_told_by_its_word(notice: Callable[..., Notice]) -> None:
    """The rest of the notice is the same."""
    text = (
        "The following message to <a@example.com> has been delayed.\n"
        "The reason for the problem:\n4.4.2 - Bad connection 'timeout'\n"
    )
    (found,) = ironport.read(notice(text))
    assert found.action is Action.DELAYED
