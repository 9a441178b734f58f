"""The sentence and the lists of MMDF."""

from __future__ import annotations

from collections.abc import Callable

from bounced.dialects import mmdf
from bounced.model import Action
from bounced.report.prose import Notice


def test_the_host_is_the_remote_one(stored: Callable[[str], Notice]) -> None:
    """It stands beside each recipient."""
    (found,) = mmdf.read(stored("mmdf/no-such-user"))
    assert found.remote_mta is not None
    assert found.remote_mta.value == "mx.example.com"


def test_a_warning_is_no_failure(stored: Callable[[str], Notice]) -> None:
    """The same list as when it gives up, below another sentence."""
    (warned,) = mmdf.read(stored("mmdf/waiting"))
    first, _ = mmdf.read(stored("mmdf/returned-after-days"))
    assert (warned.action, first.action) == (Action.DELAYED, Action.FAILED)


def test_a_list_without_its_sentence_is_nothing(notice: Callable[..., Notice]) -> None:
    """The form alone says neither failed nor delayed."""
    assert mmdf.read(notice("\ta@example.com (host: mx.example.com) (queue: smtp)\n")) == ()
