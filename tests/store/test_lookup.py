"""The fast look-up and the view say what ``Store.state`` says, whatever is in the database."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from bounced.causes import Cause
from bounced.errors import StoreError, StoreUnavailableError
from bounced.lookup.answer import action
from bounced.policy import AddressState
from bounced.store import Store, schema
from bounced.store.lookup import Block, Lookup
from bounced.store.state import Place, save

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
KEYS = ("anna@example.org", "ben@example.org", "@example.org", "anna@sub.example.org", "@", "odd")
ASKED = (
    *KEYS,
    "Anna@Example.ORG",
    "who@example.org",
    "@sub.example.org",
    "",
    "anna@b\N{SNOWMAN}.test",
)
_again = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)

states = st.lists(
    st.builds(
        AddressState,
        address=st.sampled_from([*KEYS, "x" * 95 + "@e.org", "y" * 120 + "@e.org"]),
        key=st.sampled_from(KEYS),
        stream=st.sampled_from(["default", "news"]),
        blocked=st.booleans(),
        since=st.just(NOW - 9 * DAY),
        expires_at=st.sampled_from([None, NOW - DAY, NOW, NOW + DAY]),
        cause=st.none() | st.sampled_from(Cause),
        evidence=st.sampled_from([None, "", "550 5.1.1 User unknown", "e" * 200, "f" * 201]),
    ),
    unique_by=lambda one: (one.stream, one.key),
)


@pytest.fixture
def lookup(store: Store, url: str) -> Iterator[Lookup]:
    """Return a look-up beside the store."""
    one = Lookup(url)
    yield one
    one.close()


def fill(store: Store, found: list[AddressState]) -> None:
    """Put these states into the store, and no others."""
    with store.database.write() as connection:
        connection.execute(schema.recipients.delete())
        save(connection, {}, {Place(one.stream, one.key): one for one in found})


@_again
@given(states, st.sampled_from([NOW - 2 * DAY, NOW - DAY, NOW, NOW + DAY, NOW + 2 * DAY]))
def test_it_says_what_the_store_says(
    store: Store, lookup: Lookup, found: list[AddressState], now: datetime
) -> None:
    """Of each address, in each stream: whole domains, and blocks that end, to the moment."""
    fill(store, found)
    for stream in ("default", "news", "other"):
        for asked in ASKED:
            state = store.state(asked, stream, now=now)
            expected = (
                Block(state.key, state.since, state.expires_at, state.cause, state.evidence)
                if state and state.blocked
                else None
            )
            assert lookup.block(asked, stream, now) == expected


@_again
@given(states)
def test_the_view_has_every_block_and_its_words(store: Store, found: list[AddressState]) -> None:
    """As look-ups give them, by the database's own clock."""
    fill(store, found)
    expected = {}
    for one in found:
        block = Block(one.key, one.since, one.expires_at, one.cause, one.evidence)
        if one.blocked and (one.expires_at is None or one.expires_at > NOW + DAY / 2):
            expected[one.stream, one.key] = action(one.address, block, defer_paused=False)
    with store.database.read() as connection:
        rows = connection.execute(text("SELECT stream, key, action FROM blocked_recipients"))
        assert {(row.stream, row.key): row.action for row in rows} == expected


def test_the_view_leaves_out_what_can_not_be_one_line(store: Store) -> None:
    """SQL can't clean a text in every database; the cause says enough."""
    words = "550 pas\r\n250 de bo\N{LATIN SMALL LETTER I WITH CIRCUMFLEX}te"
    fill(
        store,
        [
            AddressState(
                address="b\N{LATIN SMALL LETTER O WITH DIAERESIS}@example.org",
                key="b\N{LATIN SMALL LETTER O WITH DIAERESIS}@example.org",
                blocked=True,
                cause=Cause.MAILBOX_FULL,
                evidence=words,
                expires_at=NOW + 100 * DAY,
            )
        ],
    )
    with store.database.read() as connection:
        [row] = connection.execute(text("SELECT * FROM blocked_recipients"))

    assert row.status == "5.2.2"
    assert row.reason == f"this address is blocked until {NOW + 100 * DAY:%Y-%m-%d}: mailbox_full"
    assert row.action == f"REJECT 5.2.2 {row.reason}"
    assert row.evidence == words


@pytest.mark.database("sqlite")
def test_a_look_up_holds_nothing(store: Store, lookup: Lookup) -> None:
    """What is committed is seen at once, and the log of writes can be emptied meanwhile."""
    assert lookup.block("anna@example.org", "default", NOW) is None
    store.block("anna@example.org", why="w", who="me", now=NOW)
    assert lookup.block("anna@example.org", "default", NOW) is not None
    store.unblock("anna@example.org", why="w", who="me", now=NOW)
    assert lookup.block("anna@example.org", "default", NOW) is None

    with store.database.read() as connection:
        busy, _, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
    assert busy == 0


@pytest.mark.database("sqlite")
def test_questions_of_one_turn_share_a_view(store: Store, url: str) -> None:
    """It is of the first of them, and gone with the turn."""
    turns: list[Callable[[], None]] = []
    with contextlib.closing(Lookup(url, soon=turns.append)) as lookup:
        assert lookup.block("anna@example.org", "default", NOW) is None
        store.block("anna@example.org", why="w", who="me", now=NOW)
        assert lookup.block("anna@example.org", "default", NOW) is None
        assert len(turns) == 1

        turns.pop()()

        assert lookup.block("anna@example.org", "default", NOW) is not None
        turns.pop()()
        with store.database.read() as connection:
            busy, _, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
        assert busy == 0


@pytest.mark.database("postgresql")
def test_postgresql_is_asked_anew_for_each(store: Store, url: str) -> None:
    """Whatever the turn: each statement sees what is committed."""
    turns: list[Callable[[], None]] = []
    with contextlib.closing(Lookup(url, soon=turns.append)) as lookup:
        assert lookup.block("anna@example.org", "default", NOW) is None
        store.block("anna@example.org", why="w", who="me", now=NOW)
        assert lookup.block("anna@example.org", "default", NOW) is not None
        assert turns == []


@pytest.mark.database("sqlite")
def test_a_turn_that_goes_wrong_is_over(store: Store, url: str, tmp_path: Path) -> None:
    """The connection is closed in it; the next turn has another."""
    turns: list[Callable[[], None]] = []
    file = tmp_path / "state" / "bounced.sqlite"
    with contextlib.closing(Lookup(url, soon=turns.append)) as lookup:
        assert lookup.block("anna@example.org", "default", NOW) is None
        lookup._connection.close()
        with pytest.raises(StoreError):
            lookup.block("anna@example.org", "default", NOW)
        turns.pop()()
        file.rename(tmp_path / "aside")
        with pytest.raises(StoreUnavailableError, match="deleted, moved or replaced"):
            lookup.block("anna@example.org", "default", NOW)
        (tmp_path / "aside").rename(file)

        assert lookup.block("anna@example.org", "default", NOW) is None
        lookup._connection.close()
        turns.pop()()

        assert lookup.block("anna@example.org", "default", NOW) is None


@pytest.mark.database("sqlite")
def test_it_can_not_write(store: Store, lookup: Lookup) -> None:
    """Its connection refuses to."""
    lookup.block("anna@example.org", "default", NOW)

    with pytest.raises(lookup._database.engine.dialect.loaded_dbapi.OperationalError):
        lookup._connection.execute("DELETE FROM recipients")


@pytest.mark.database("sqlite")
def test_a_database_that_was_moved_away_answers_nothing(
    store: Store, lookup: Lookup, tmp_path: Path
) -> None:
    """Not "nobody is blocked"; and when it is back, so are the answers."""
    store.block("anna@example.org", why="w", who="me", now=NOW)
    file = tmp_path / "state" / "bounced.sqlite"
    file.rename(tmp_path / "aside")

    with pytest.raises(StoreUnavailableError, match="deleted, moved or replaced"):
        lookup.block("anna@example.org", "default", NOW)
    (tmp_path / "aside").rename(file)

    assert lookup.block("anna@example.org", "default", NOW) is not None


@pytest.mark.database("sqlite")
def test_a_database_without_its_table_is_the_stores_trouble(store: Store, lookup: Lookup) -> None:
    """Whatever the driver raises comes out as one of ours, with the name of the database."""
    with store.database.write() as connection:
        connection.exec_driver_sql("DROP VIEW blocked_recipients")
        connection.exec_driver_sql("ALTER TABLE recipients RENAME TO gone")

    with pytest.raises(StoreError, match=r"bounced\.sqlite can't be used .*no such table"):
        lookup.block("anna@example.org", "default", NOW)


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    """A look-up makes nothing."""
    with pytest.raises(StoreError, match="there is no database"):
        Lookup(f"sqlite:///{tmp_path}/none.db")

    assert list(tmp_path.iterdir()) == []
