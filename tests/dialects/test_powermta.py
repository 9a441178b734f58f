"""PowerMTA's list."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import powermta
from bounced.model import Action
from bounced.report.prose import Notice


def test_each_recipient_has_his_own_fate(stored: Callable[[str], Notice]) -> None:
    """Failed, relayed, delayed: by the verb."""
    found = powermta.read(stored("powermta/failed-and-relayed"))
    assert [one.action for one in found] == [Action.FAILED, Action.RELAYED]
    (late,) = powermta.read(stored("powermta/delayed"))
    assert late.action is Action.DELAYED


def test_the_list_alone_is_nothing(notice: Callable[..., Notice]) -> None:
    """The greeting is needed."""
    assert powermta.read(notice("  <a@example.com>  delivery failed; x\n")) == ()
