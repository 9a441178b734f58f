"""Group commit: many senders, one writer, and no future that is done before its commit."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bounced.errors import StoreError, StoreFullError, StoreUnavailableError
from bounced.model import Judged, Kind
from bounced.store import Incoming, Recorded, Store, Writer, schema

Make = Callable[..., Incoming]
One = Callable[..., Judged]


class Slow:
    """A store whose commits last until they are allowed; it notes its batches."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.batches: list[int] = []
        self.allowed = threading.Semaphore(0)

    def record(self, batch: Sequence[Incoming]) -> list[Recorded]:
        """Wait for leave, then record."""
        self.batches.append(len(batch))
        self.allowed.acquire()
        return self.store.record(batch)

    def wait_for_a_commit(self, number: int) -> None:
        """Return when that many commits have begun."""
        while len(self.batches) < number:
            time.sleep(0.001)


@pytest.fixture
def writer(store: Store) -> Iterator[Writer]:
    """Return a running writer on a real store."""
    running = Writer(store)
    running.start()
    yield running
    running.stop()


def results(futures: Sequence[Future[Recorded]]) -> list[Recorded]:
    """Return all results, waiting for them."""
    return [one.result(timeout=20) for one in futures]


def count_of(store: Store, table: str = "messages") -> int:
    """Return how many rows a table has."""
    with store.database.read() as connection:
        query = select(func.count()).select_from(schema.metadata.tables[table])
        return int(connection.execute(query).scalar_one())


def test_what_was_submitted_is_recorded(writer: Writer, store: Store, message: Make) -> None:
    """Each future has what became of its own message."""
    names = [f"user{number}@example.com" for number in range(50)]
    recorded = results([writer.submit(message(name)) for name in names])

    assert [one.outcomes[0].address for one in recorded] == names
    assert count_of(store) == 50


def test_messages_that_arrive_during_a_commit_form_the_next_batch(
    store: Store, message: Make
) -> None:
    """Up to the limit; the future is not done while its commit lasts."""
    slow = Slow(store)
    writer = Writer(slow, max_batch=3)
    writer.start()
    first = writer.submit(message("a@example.com"))
    slow.wait_for_a_commit(1)
    others = [writer.submit(message("b@example.com")) for _ in range(5)]
    assert not first.done()

    slow.allowed.release(3)
    results([first, *others])

    assert slow.batches == [1, 3, 2]
    writer.stop()


def test_large_messages_do_not_pile_up_in_one_batch(store: Store, message: Make) -> None:
    """A batch ends at 32 MiB, but one message may be larger than that."""
    slow = Slow(store)
    writer = Writer(slow)
    large = [message("a@example.com", raw=b"x" * size * 2**20) for size in (40, 20, 20)]
    futures = [writer.submit(one) for one in large]
    slow.allowed.release(3)
    writer.start()
    results(futures)

    assert slow.batches == [1, 1, 1]
    writer.stop()


def test_too_many_waiting_messages_are_refused_at_once(store: Store, message: Make) -> None:
    """The sender keeps them; memory has an end."""
    slow = Slow(store)
    writer = Writer(slow, max_waiting=2)
    writer.start()
    taken = [writer.submit(message("a@example.com"))]
    slow.wait_for_a_commit(1)
    taken += [writer.submit(message("a@example.com")) for _ in range(2)]

    refused = writer.submit(message("a@example.com"))

    with pytest.raises(StoreUnavailableError, match="2 messages wait to be stored"):
        refused.result(timeout=0)
    slow.allowed.release(3)
    results(taken)
    writer.stop()


def test_how_long_nothing_has_come_to_an_end(store: Store, message: Make) -> None:
    """Each commit counts as progress, however many wait: that is what the watchdog asks."""
    slow = Slow(store)
    writer = Writer(slow, max_batch=1)
    assert not writer.stalled
    taken = [writer.submit(message("a@example.com")) for _ in range(2)]
    time.sleep(0.1)
    assert writer.stalled >= 0.1
    writer.start()
    slow.wait_for_a_commit(1)
    slow.allowed.release()
    slow.wait_for_a_commit(2)
    assert writer.stalled < 0.1
    slow.allowed.release()
    results(taken)
    writer.stop()
    assert not writer.stalled


def test_stopping_commits_what_was_submitted(store: Store, message: Make) -> None:
    """And refuses what comes later."""
    writer = Writer(store, max_batch=7)
    futures = [writer.submit(message("a@example.com")) for _ in range(100)]
    writer.start()
    writer.stop()

    assert all(one.done() for one in futures)
    assert count_of(store) == 100
    with pytest.raises(StoreUnavailableError, match="being closed"):
        writer.submit(message("a@example.com")).result(timeout=0)


def test_a_writer_that_never_ran_can_be_stopped(store: Store) -> None:
    """There is nothing to wait for."""
    Writer(store).stop()


def test_who_has_gone_away_is_not_recorded(store: Store, message: Make) -> None:
    """The sender was told nothing, and brings the message again."""
    writer = Writer(store)
    gone, stays = writer.submit(message("a@example.com")), writer.submit(message("b@example.com"))
    assert gone.cancel()
    writer.start()

    assert stays.result(timeout=20).message_id == 1
    assert count_of(store) == 1
    writer.stop()


def test_a_report_that_can_not_be_stored_gives_way_to_its_bytes(
    store: Store, message: Make, one: One
) -> None:
    """One poison message stops neither itself nor the others of its batch."""
    poison = message(one("a@example.com"), original="m")
    object.__setattr__(poison.reading.judged[0], "smtp_code", "no number")
    writer = Writer(store)
    futures = [
        writer.submit(each) for each in (message("b@example.com"), poison, message("c@example.com"))
    ]
    writer.start()
    results(futures)
    writer.stop()

    assert count_of(store) == count_of(store, "raw_messages") == 3
    assert count_of(store, "events") == 2
    with store.database.read() as connection:
        kinds = connection.execute(select(schema.messages.c.kind)).scalars().all()
        because = connection.execute(select(schema.reports.c.because)).scalars().all()
    assert sorted(kinds) == [Kind.BOUNCE, Kind.BOUNCE, Kind.UNRECOGNISED]
    assert "its report can't be stored" in because


def test_a_message_that_can_not_be_stored_at_all_fails_alone(store: Store, message: Make) -> None:
    """Its sender hears of it, and nobody else."""
    broken = message("a@example.com", raw=None)
    object.__setattr__(broken, "raw", type("Odd", (), {"__len__": lambda _: 3})())
    writer = Writer(store)
    first, second = writer.submit(broken), writer.submit(message("b@example.com"))
    writer.start()

    assert second.result(timeout=20).duplicate is False
    with pytest.raises(TypeError):
        first.result(timeout=20)
    writer.stop()


@pytest.mark.database("sqlite")
def test_a_locked_database_is_an_error_of_the_moment(
    opened: Callable[..., Store], message: Make, tmp_path: Path
) -> None:
    """Everybody who waits is told, and when the lock is gone it works again by itself."""
    store = opened(patience=0.2)
    writer = Writer(store)
    writer.start()
    other = sqlite3.connect(tmp_path / "state" / "bounced.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    futures = [writer.submit(message("a@example.com")) for _ in range(3)]
    wait(futures, timeout=20)
    for one in futures:
        with pytest.raises(StoreUnavailableError, match="is locked by another process"):
            one.result(timeout=0)

    other.execute("ROLLBACK")
    other.close()
    assert writer.submit(message("a@example.com")).result(timeout=20).message_id == 1
    assert count_of(store) == 1
    writer.stop()


@pytest.mark.database("sqlite")
def test_a_full_disk_is_an_error_of_the_moment(store: Store, message: Make) -> None:
    """Nothing of the batch is kept, and when there is room again it works by itself."""
    writer = Writer(store)
    writer.start()
    small = message("a@example.com")
    writer.submit(small).result(timeout=20)

    def allow_pages(more: int) -> None:
        with store.database.read() as connection:
            pages = int(connection.exec_driver_sql("PRAGMA page_count").scalar_one())
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + more}")

    allow_pages(0)
    large = message("b@example.com", raw=os.urandom(200_000))
    futures = [writer.submit(one) for one in (large, large)]
    for one in futures:
        with pytest.raises(StoreFullError, match="the disk is full"):
            one.result(timeout=20)
    assert count_of(store) == 1
    assert store.state("b@example.com") is None

    allow_pages(10_000)
    assert writer.submit(large).result(timeout=20).duplicate is False
    assert count_of(store) == 2
    writer.stop()


def test_an_error_that_does_not_heal_is_told_to_everybody(message: Make) -> None:
    """Each future has it, and the writer goes on."""

    class Broken:
        def record(self, batch: Sequence[Incoming]) -> list[Recorded]:
            del batch
            msg = "corrupt"
            raise StoreError(msg)

    writer = Writer(Broken())
    writer.start()
    for _ in range(2):
        with pytest.raises(StoreError, match="corrupt"):
            writer.submit(message("a@example.com")).result(timeout=20)
    writer.stop()


def test_two_writers_on_one_file_count_exactly(opened: Callable[..., Store], message: Make) -> None:
    """Two stores, two writers, eight senders, one address: no failure is lost or counted twice."""
    stores = [opened(), opened()]
    writers = [Writer(store) for store in stores]
    for one in writers:
        one.start()
    mails = [message("joe@example.com", "ann@example.com") for _ in range(60)]

    with ThreadPoolExecutor(8) as pool:  # each message is brought twice, once to each writer
        turns = [(writer, mail) for mail in mails for writer in writers]
        recorded = list(pool.map(lambda turn: turn[0].submit(turn[1]).result(timeout=60), turns))
    for one in writers:
        one.stop()

    assert sum(not one.duplicate for one in recorded) == 60
    effects = [entry.effect for entry in stores[0].history("joe@example.com")]
    assert effects.count("counted") == 4
    assert effects.count("blocked") == 1
    assert len(effects) == 60
