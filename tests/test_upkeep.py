"""The chores of a daemon, on a real store."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bounced import config, log
from bounced.store import Outbox, Store
from bounced.upkeep import Upkeep


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return a store in which an address was blocked and unblocked three years ago."""
    policies = config.Config.model_validate({"store": {"url": "sqlite:////x"}}).policies
    opened = Store.open(
        f"sqlite:///{tmp_path}/bounced.db",
        policies=policies,
        raw_retention=None,
        outbox=Outbox(policies=policies),
    )
    then = datetime.now(UTC) - timedelta(days=1000)
    opened.block("anna@example.com", why="asked", who="operator", now=then)
    opened.unblock("anna@example.com", why="asked", who="operator", now=then)
    yield opened
    opened.close()


def _upkeep(store: Store, stream: io.StringIO, **retention: str) -> Upkeep:
    settings = {"store": {"url": "sqlite:////x"} | retention}
    loaded = config.Config.model_validate(settings)
    return Upkeep(config=loaded, store=store, log=log.setup(stream=stream))


def test_events_are_kept_unless_the_settings_say_how_long(store: Store) -> None:
    """Nothing is deleted that nobody has asked for."""
    for _, chore in _upkeep(store, io.StringIO()).chores():
        chore()

    assert len(store.history("anna@example.com")) == 2


def test_events_go_when_their_time_is_over(store: Store) -> None:
    """Once a day; and the log says how many."""
    stream = io.StringIO()
    for _, chore in _upkeep(store, stream, event_retention="730d").chores():
        chore()

    assert not store.history("anna@example.com")
    (told,) = map(json.loads, stream.getvalue().splitlines())
    assert (told["event"], told["events"]) == ("events_expired", 2)


def test_a_database_that_is_away_is_said_and_ends_nothing(store: Store, tmp_path: Path) -> None:
    """The next time may go well."""
    stream = io.StringIO()
    chores = list(_upkeep(store, stream, event_retention="730d").chores())
    (tmp_path / "bounced.db").rename(tmp_path / "elsewhere")
    for _, chore in chores:
        chore()

    told = [json.loads(line)["event"] for line in stream.getvalue().splitlines()]
    assert told
    assert set(told) == {"store_unavailable"}
