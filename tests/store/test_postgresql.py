"""What is PostgreSQL's own: taking turns, strangers in the database."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from postgresql_server import Postgresql
from sqlalchemy import make_url, select

from bounced.errors import StoreError, StoreUnavailableError
from bounced.model import Judged
from bounced.policy import Policies
from bounced.store import Incoming, Store, schema

pytestmark = pytest.mark.database("postgresql")

Make = Callable[..., Incoming]
One = Callable[..., Judged]


@pytest.fixture
def name(url: str) -> str:
    """Return the name of the database."""
    return str(make_url(url).database)


@pytest.fixture
def stranger(url: str, name: str, postgresql: Postgresql) -> Iterator[psycopg.Connection[Any]]:
    """Return a connection of somebody who knows nothing of our turns."""
    with postgresql.connect(name) as connection:
        yield connection


def soft_count(store: Store, address: str) -> int:
    """Return how many failures of an address have counted."""
    state = store.state(address)
    return state.soft_count if state else 0


def open_at(url: str, **options: Any) -> Store:
    """Open a store, which the test closes."""
    return Store.open(url, policies=Policies(), raw_retention=None, **options)


def test_writers_take_turns_and_readers_do_not_wait(
    store: Store, opened: Callable[..., Store]
) -> None:
    """The second one waits for as long as its patience lasts, at its own beginning."""
    other = opened(patience=0.1)
    with store.database.write():
        assert other.state("joe@example.com") is None
        start = time.monotonic()
        with (
            pytest.raises(StoreUnavailableError, match="locked by another session"),
            other.database.write(),
        ):
            pass
        assert time.monotonic() - start < 2

    with other.database.write():
        pass


def test_a_writer_sees_what_was_committed_before_its_turn(
    store: Store, opened: Callable[..., Store], message: Make
) -> None:
    """However long it has waited: five failures from two processes block at exactly the fifth."""
    other = opened()
    with ThreadPoolExecutor(1) as pool:
        with store.database.write():
            waiting = pool.submit(other.record, [message("joe@example.com") for _ in range(2)])
            time.sleep(0.2)
            assert not waiting.done()
        waiting.result(timeout=10)
    store.record([message("joe@example.com") for _ in range(2)])

    [fifth] = other.record([message("joe@example.com")])

    assert fifth.outcomes[0].decision is not None
    assert fifth.outcomes[0].decision.effect == "blocked"


def test_a_reader_sees_one_state_and_writes_nothing(
    store: Store, message: Make, stranger: psycopg.Connection[Any]
) -> None:
    """What is committed meanwhile does not appear in the middle of an answer."""
    query = select(schema.messages.c.id)
    with store.database.read() as connection:
        assert connection.execute(query).all() == []
        store.record([message("joe@example.com")])
        assert connection.execute(query).all() == []
        with pytest.raises(StoreUnavailableError, match="read-only"):  # noqa: SIM117 -- one is about the other
            with store.database.read() as other:
                other.execute(schema.messages.delete())


def test_a_commit_is_synced_whatever_the_server_is_set_to(
    name: str, url: str, postgresql: Postgresql
) -> None:
    """``synchronous_commit = off`` would make a 250 of ours a lie; anything stricter stays."""
    postgresql.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    try:
        store = open_at(url)
        with store.database.write() as connection:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"
            assert connection.exec_driver_sql("SHOW transaction_isolation").scalar() == (
                "read committed"
            )
        store.close()
        store = open_at(f"{url}&options=-c%20synchronous_commit%3Dremote_apply")
        with store.database.write() as connection:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "remote_apply"
        store.close()
    finally:
        postgresql.execute(f"ALTER DATABASE {name} RESET synchronous_commit")


def test_a_database_that_has_no_room_for_all_letters_is_refused(postgresql: Postgresql) -> None:
    """With the command that makes one that has."""
    more = "ENCODING 'LATIN1' LOCALE_PROVIDER libc LOCALE 'C'"
    latin = postgresql.create("template0", more)
    with pytest.raises(StoreError, match=r"stores texts as LATIN1, .* --encoding=UTF8"):
        open_at(postgresql.url(latin))
    postgresql.drop(latin)


def test_pages_follow_octets_whatever_the_language(store: Store, message: Make) -> None:
    """In English ``_`` and case would not decide; here each address stands on one page, once."""
    names = [f"{letter}{number}@example.com" for letter in "aZ_é-" for number in range(150)]
    store.record([message(*names)])

    keys = [one.key for one in store.states()]

    assert keys == sorted({name.lower() for name in names})


def test_two_that_make_the_same_rows_at_once(
    store: Store, message: Make, stranger: psycopg.Connection[Any]
) -> None:
    """A stranger has just made the row of the address: the second attempt finds it and counts."""
    store.record([message("ann@example.com")])
    stranger.autocommit = False
    stranger.execute(
        "INSERT INTO recipients (stream, key, address, domain, blocked, soft_count, complaints, "
        "first_soft_at, last_soft_at) VALUES ('default', 'joe@example.com', 'joe@example.com', "
        "'example.com', false, 3, 0, '2026-01-01Z', '2026-01-01Z')"
    )
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(store.record, [message("joe@example.com")])
        _wait_for_lock(stranger)
        stranger.commit()
        waiting.result(timeout=10)

    assert soft_count(store, "joe@example.com") == 4
    assert len(store.history("joe@example.com")) == 1


def test_a_message_that_somebody_else_has_just_recorded_is_a_duplicate(
    store: Store, message: Make, stranger: psycopg.Connection[Any]
) -> None:
    """By its fingerprint: it counts once, whoever was first."""
    mail = message("joe@example.com")
    stranger.autocommit = False
    stranger.execute(
        "INSERT INTO messages (fingerprint, seen, received_at, queue_id, source, peer, stream, "
        "kind, forward_paths, size) VALUES (%s, 1, now(), '', '', '', '', '', '[]', 0)",
        [mail.fingerprint],
    )
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(store.record, [mail])
        _wait_for_lock(stranger)
        stranger.commit()
        [recorded] = waiting.result(timeout=10)

    assert recorded.duplicate
    assert soft_count(store, "joe@example.com") == 0


def test_a_deadlock_with_a_stranger_is_tried_again(
    store: Store, message: Make, stranger: psycopg.Connection[Any]
) -> None:
    """He waits for our row and we for his; the server ends one of us, and nothing counts twice."""
    store.record([message("a@example.com", "b@example.com")])
    lock = "SELECT 1 FROM recipients WHERE key = %s FOR UPDATE"
    stranger.autocommit = False
    stranger.execute("SET deadlock_timeout = '10s'")  # so that it is we who are ended
    stranger.execute(lock, ["b@example.com"])
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(store.record, [message("a@example.com", "b@example.com")])
        _wait_for_lock(stranger)
        stranger.execute(lock, ["a@example.com"])
        stranger.rollback()
        [recorded] = waiting.result(timeout=10)

    assert not recorded.duplicate
    for address in ("a@example.com", "b@example.com"):
        assert soft_count(store, address) == 2
        assert len(store.history(address)) == 2


@pytest.mark.parametrize("state", ["40001", "40P01"])
def test_what_the_server_undoes_for_another_is_tried_three_times(
    store: Store, message: Make, stranger: psycopg.Connection[Any], state: str
) -> None:
    """Then the sender is asked to come again; a transaction that was undone has counted nothing."""
    stranger.execute(
        "CREATE SEQUENCE tries; CREATE FUNCTION undo() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN IF nextval('tries') % 3 <> 0 THEN "
        f"RAISE EXCEPTION 'undone' USING ERRCODE = '{state}'; END IF; RETURN NEW; END $$; "
        "CREATE TRIGGER undo BEFORE INSERT ON recipients FOR EACH ROW EXECUTE FUNCTION undo()"
    )
    try:
        store.record([message("joe@example.com")])
        assert soft_count(store, "joe@example.com") == 1

        stranger.execute("ALTER SEQUENCE tries RESTART INCREMENT 3")
        with pytest.raises(StoreUnavailableError, match="undone"):
            store.record([message("ann@example.com")])
        assert store.history("ann@example.com") == []
    finally:
        stranger.execute("DROP FUNCTION undo CASCADE; DROP SEQUENCE tries")


def test_a_very_long_address_is_recorded(store: Store, message: Make, one: One) -> None:
    """An index of PostgreSQL holds 2,700 octets of a row; keys and names are bounded below that."""
    long = "".join(chr(0x4E00 + 7919 * number % 20000) for number in range(3000))
    store.record(
        [message(one(f"{long}@{long}.example"), original=long, stream=long, queue_id=long)]
    )

    assert len(store.history(f"{long}@{long}.example")) == 1


def _wait_for_lock(connection: psycopg.Connection[Any]) -> None:
    """Return when somebody waits for a lock in this database."""
    query = (
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    deadline = time.monotonic() + 10
    while connection.execute(query).fetchone() == (0,):
        assert time.monotonic() < deadline
        connection.execute("SELECT pg_stat_clear_snapshot()")
        time.sleep(0.01)
