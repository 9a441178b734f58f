"""Lost connections to PostgreSQL: no mail is lost, none counts twice, and it heals by itself."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Literal

import psycopg
import pytest
from cutting_proxy import CuttingProxy
from postgresql_server import Postgresql
from sqlalchemy import make_url

from bounced.errors import StoreUnavailableError
from bounced.policy import Policies
from bounced.store import Incoming, Store, Writer

pytestmark = pytest.mark.database("postgresql")

Make = Callable[..., Incoming]


@pytest.fixture
def name(url: str) -> str:
    """Return the name of the database."""
    return str(make_url(url).database)


def soft_count(store: Store, address: str) -> int:
    """Return how many failures of an address have counted."""
    state = store.state(address)
    return state.soft_count if state else 0


def test_a_server_that_was_restarted_needs_no_restart_of_ours(
    store: Store, message: Make, postgresql: Postgresql
) -> None:
    """While it is away the writer says so at once, and the next message after it is recorded."""
    store.record([message("joe@example.com")])
    postgresql.stop("immediate")
    try:
        for _ in range(2):
            with pytest.raises(StoreUnavailableError):
                store.record([message("joe@example.com")])
        with pytest.raises(StoreUnavailableError, match="can't be reached"):
            store.state("joe@example.com")
    finally:
        postgresql.start()

    assert store.record([message("joe@example.com")])[0].duplicate is False
    assert soft_count(store, "joe@example.com") == 2


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_connection_lost_around_the_commit(
    name: str,
    store: Store,
    message: Make,
    postgresql: Postgresql,
    cut: Literal["before", "after"],
) -> None:
    """Nobody knows whether it was committed: the sender brings it again, and it counts once."""
    with CuttingProxy(postgresql.port) as proxy:
        where = postgresql.tcp(name, port=proxy.port)
        through = Store.open(where, policies=Policies(), raw_retention=None)
        mail = message("joe@example.com")
        proxy.cut = cut
        with pytest.raises(StoreUnavailableError):
            through.record([mail])

        deadline = time.monotonic() + 10  # the server may be at it still
        while soft_count(store, "joe@example.com") < (cut == "after"):
            assert time.monotonic() < deadline
        [again] = through.record([mail])
        through.close()

    assert proxy.cuts == 1
    assert again.duplicate == (cut == "after")
    assert soft_count(store, "joe@example.com") == 1
    assert len(store.history("joe@example.com")) == 1


def test_sessions_cut_off_in_mid_load_lose_and_double_nothing(
    store: Store, opened: Callable[..., Store], message: Make, postgresql: Postgresql, name: str
) -> None:
    """Two writers, all sessions ended over and over; whoever is refused brings it again."""
    writers = [Writer(store), Writer(opened())]
    for one in writers:
        one.start()
    mails = [message(f"user{number % 20}@example.com") for number in range(100)]
    done = threading.Event()
    refused: list[Exception] = []

    def cut() -> None:
        while not done.wait(0.1):
            with suppress(psycopg.OperationalError):
                postgresql.terminate(name)

    def bring(mail: Incoming) -> None:
        for attempt in range(1000):
            try:
                writers[attempt % 2].submit(replace(mail)).result(timeout=30)
            except StoreUnavailableError as error:
                refused.append(error)
            else:
                return

    cutter = threading.Thread(target=cut)
    cutter.start()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(bring, mails))
    done.set()
    cutter.join()
    for one in writers:
        one.stop()

    assert refused
    for number in range(20):
        effects = [entry.effect for entry in store.history(f"user{number}@example.com")]
        assert effects == ["counted"] * 4 + ["blocked"]
