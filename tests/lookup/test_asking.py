"""A store that fails: what is answered, how often it is tried, and that it heals by itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from bounced.causes import Cause
from bounced.errors import StoreUnavailableError
from bounced.log import Log
from bounced.lookup import asking
from bounced.lookup.asking import Asker
from bounced.lookup.dialogue import Trouble
from bounced.store.lookup import Block

ASKED = ("dead@example.net", "default")


class Store:
    """Answers, or raises what it is told to."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.tries = 0

    def block(self, address: str, stream: str, now: datetime) -> Block | None:
        """Answer."""
        self.tries += 1
        if self.error:
            raise self.error
        return Block(address, now, None, Cause.COMPLAINT, None) if "dead" in address else None


@pytest.fixture
def store() -> Store:
    """Return a store."""
    return Store()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the time, which a test may change."""
    now = [100.0]
    monkeypatch.setattr(asking.time, "monotonic", lambda: now[0])
    return now


def test_what_is_found_becomes_an_action(store: Store, log: Log) -> None:
    """And nothing becomes none."""
    ask = Asker(lambda: store, log)

    assert str(ask(*ASKED)).startswith("REJECT 5.7.1 <dead@example.net> is blocked since ")
    assert ask("alive@example.net", "default") is None


@pytest.mark.parametrize(
    ("accept", "answer"), [(False, Trouble.UNAVAILABLE), (True, None)], ids=["defer", "accept"]
)
def test_a_store_that_is_away_is_tried_once_a_second(
    store: Store, log: Log, lines: Any, clock: list[float], *, accept: bool, answer: Trouble | None
) -> None:
    """All others are answered at once, as the settings say; and then it heals."""
    ask = Asker(lambda: store, log, accept_on_error=accept)
    store.error = StoreUnavailableError("the database is away")

    assert [ask(*ASKED) for _ in range(5)] == [answer] * 5
    assert store.tries == 1
    assert [one["why"] for one in lines.events("store_unavailable")] == ["the database is away"]

    clock[0] += 1.1
    store.error = None
    assert str(ask(*ASKED)).startswith("REJECT")
    assert str(ask(*ASKED)).startswith("REJECT")


def test_a_defect_is_logged_and_answered_like_trouble(store: Store, log: Log, lines: Any) -> None:
    """The process goes on."""
    ask = Asker(lambda: store, log)
    store.error = ZeroDivisionError("oh")

    assert ask(*ASKED) is Trouble.UNAVAILABLE
    assert [one["why"] for one in lines.events("failure")] == ["ZeroDivisionError: oh"]


def test_a_store_that_can_not_be_opened_yet_is_opened_later(
    store: Store, log: Log, clock: list[float]
) -> None:
    """The process may be started before its database."""
    doors = [StoreUnavailableError("no"), None]

    def open_store() -> Store:
        if error := doors.pop(0):
            raise error
        return store

    ask = Asker(open_store, log)

    assert ask(*ASKED) is Trouble.UNAVAILABLE
    clock[0] += 1.1
    assert str(ask(*ASKED)).startswith("REJECT")
