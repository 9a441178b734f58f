"""The notices of amavisd-new."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import amavis
from bounced.model import Action
from bounced.report.prose import Notice


def test_who_was_relayed_is_well(stored: Callable[[str], Notice]) -> None:
    """The notice has two lists."""
    found = amavis.read(stored("amavis/not-relayed"))
    assert [one.action for one in found] == [Action.FAILED, Action.FAILED, Action.RELAYED]


def test_the_innermost_reply_is_the_reason(stored: Callable[[str], Notice]) -> None:
    """amavisd-new wraps what the MTA behind it said."""
    found = amavis.read(stored("amavis/not-relayed"))[0].diagnostic_code
    assert found is not None
    assert found.value.startswith("550 5.1.1 <nobody@example.com>: ")


def test_the_sender_in_the_sentence_did_not_fail(stored: Callable[[str], Notice]) -> None:
    """Only the arrows point at recipients."""
    for name in ("amavis/virus", "amavis/unsolicited-bulk"):
        found = amavis.read(stored(name))
        assert [one.address for one in found] == ["anna@example.com", "bert@example.com"]
