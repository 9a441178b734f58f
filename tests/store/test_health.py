"""Is a database sound, and is there room for more?"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bounced.errors import StoreError, StoreFullError
from bounced.store import Incoming, Store, health

Make = Callable[..., Incoming]
START = datetime(2026, 1, 1, tzinfo=UTC)  # of the messages
PAGE = 4096


def damage(store: Store, page: int) -> None:
    """Write noise over a page of the file, as it is on the disk."""
    store.close()
    with Path(store.name).open("r+b") as file:
        file.seek(page * PAGE)
        file.write(b"\xff" * PAGE)


def test_a_sound_database_is_taken(store: Store, message: Make) -> None:
    """Nothing is found, by the quick check and by the thorough one."""
    store.record([message("joe@example.com")])

    assert health.faults(store.database) == []
    assert health.faults(store.database, thorough=True) == []
    store.refuse_corrupt()


@pytest.mark.database("sqlite")
def test_a_damaged_file_is_refused_and_the_doctor_named(
    store: Store, message: Make, opened: Callable[..., Store]
) -> None:
    """What is damaged is told, without SQLite's headlines."""
    store.record([message(f"user{number}@example.com") for number in range(200)])
    damage(store, 30)
    again = opened()

    found = health.faults(again.database)
    assert found
    assert not [one for one in found if "***" in one]
    with pytest.raises(StoreError, match=r"is corrupt \(.*`bounced doctor`"):
        again.refuse_corrupt()


def test_the_newest_message_is_the_one_that_came_last_by_the_clock(
    store: Store, message: Make
) -> None:
    """Though the clock has been set back since."""
    assert health.newest_message(store.database) is None
    store.record([message("joe@example.com", day=3)])
    store.record([message("joe@example.com", day=2)])

    assert health.newest_message(store.database) == START + timedelta(days=3)


@pytest.mark.database("postgresql")
def test_a_server_that_can_not_keep_a_promise_is_found(store: Store) -> None:
    """The tests' own does not sync."""
    assert len(health.unsafe(store.database)) == 2


@pytest.mark.database("sqlite")
def test_no_message_is_taken_without_room(
    store: Store, message: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Below the reserve it is refused before anything is written; what makes room still works."""
    store.record([message("joe@example.com")])
    found = os.statvfs(Path(store.name).parent)
    store.free_space = found.f_bavail * found.f_frsize + 2**40

    with pytest.raises(StoreFullError, match=r"no message is taken with less than .*free_space"):
        store.record([message("joe@example.com")])
    store.unblock("joe@example.com", why="test", who="test", now=START)
    assert store.expire_raw(START + timedelta(days=99)) == 1


@pytest.mark.database("sqlite")
def test_room_within_the_file_counts(store: Store, message: Make) -> None:
    """What was deleted has left pages that others can have."""
    store.record([message("joe@example.com", raw=os.urandom(2**20)) for _ in range(4)])
    store.expire_raw(START + timedelta(days=99))
    found = os.statvfs(Path(store.name).parent)
    store.free_space = found.f_bavail * found.f_frsize + 2**20

    store.record([message("joe@example.com")])


def test_large_messages_expire_a_few_at_a_time(store: Store, message: Make) -> None:
    """So that what a deletion writes fits on a disk that is nearly full; and all go in the end."""
    for _ in range(3):
        store.record([message("joe@example.com", raw=os.urandom(3 * 2**20)) for _ in range(2)])

    assert store.expire_raw(START + timedelta(days=99)) == 6
    assert store.expire_raw(START + timedelta(days=99)) == 0
