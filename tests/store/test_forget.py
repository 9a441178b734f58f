"""``Store.forget``: no copy of an address is left anywhere, and its block stands all the same."""

from __future__ import annotations

import contextlib
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bounced.address.mention import Mention
from bounced.causes import Cause
from bounced.errors import StoreUnavailableError
from bounced.lists import Listed
from bounced.model import Envelope, Judged, Kind, Verdict
from bounced.notice import Topic
from bounced.policy import Effect, Policies, Settings
from bounced.store import Import, Incoming, Outbox, Sent, Store, schema, secrets, traces
from bounced.store.engine import Database
from bounced.store.forget import Forgotten
from bounced.store.lookup import Lookup

Make = Callable[..., Incoming]
One = Callable[..., Judged]

ANNA, BEN = "Anna.Smith@Example.com", "ben@example.com"
START = datetime(2026, 1, 1, tzinfo=UTC)
LATER = START + timedelta(days=40)


@pytest.fixture
def known(store: Store, message: Make, one: One) -> Store:
    """Return a store in which Anna is blocked, and named wherever an address can be."""
    with store.database.write() as connection:
        secrets.hasher(connection)  # the tests empty the table where the migration has put it
    unknown = one(ANNA, Cause.MAILBOX_UNKNOWN)
    path = Envelope(
        reverse_path="",
        forward_paths=("bounces+anna.smith=example.com@example.org",),
        parameters=f"ENVID={ANNA} AUTH=<>",
        forward_parameters=("ORCPT=rfc822;bounces+2Banna.smith+3Dexample.com@example.org",),
    )
    store.record(
        [
            message(unknown, raw=f"To: {ANNA}\r\n\r\nx".encode(), envelope=path),
            message(one(BEN), raw=f"To: {BEN}\r\n\r\nnot {ANNA}".encode()),
            message(one(BEN), raw=b"To: joanna.smith@example.com\r\n\r\n"),
            message(unknown, one(BEN), original="<7-anna.smith=example.com@ours.test>"),
        ]
    )
    store.told([Sent(name="<1@ours.test>", stream="default", address=ANNA, at=START)])
    entry = Listed(ANNA, ANNA.lower(), Cause.COMPLAINT, f"{ANNA} asked", START, None, "news")
    store.imported([entry], Import(source="crm", who="it", now=LATER))
    return store


def forget(store: Store, address: str = ANNA, *, dry_run: bool = False) -> Forgotten:
    """Forget somebody."""
    return store.forget(address, who="operator", now=LATER, dry_run=dry_run)


class Everybody:
    """A webhook that wants to be told of everything."""

    name = "everybody"

    def wants(self, topic: Topic, stream: str | None, /) -> bool:
        """Of everything."""
        return True


def _about(address: str) -> Verdict:
    words = f"452 4.2.2 mailbox of {address} full"
    return Verdict(cause=Cause.MAILBOX_FULL, rule="test/full", evidence=words)


def everything(store: Store) -> str:
    """Return all that is in the database, raw messages included, in lower case."""
    with store.database.read() as connection:
        rows = [
            repr(tuple(row))
            for table in schema.metadata.sorted_tables
            for row in connection.execute(select(table))
        ]
        packed = connection.execute(select(schema.raw_messages.c.zlib)).scalars()
        return "\n".join([*rows, *(zlib.decompress(one).decode() for one in packed)]).lower()


def test_no_table_names_the_address(known: Store) -> None:
    """Neither as it is nor in a bounce address; and others are still there."""
    assert "anna.smith" in everything(known)

    found = forget(known)

    left = everything(known).replace("joanna.smith@example.com", "")
    assert "anna.smith" not in left
    assert BEN in left
    assert found.deleted["events"] >= 3
    assert found.deleted["raw_messages"] == 3
    assert found.deleted["sent"] == 1
    assert found.changed["reports"] >= 1


@pytest.mark.database("sqlite")
def test_no_file_has_its_octets(known: Store, opened: Callable[..., Store], url: str) -> None:
    """Neither the database, its free pages and gaps, nor the log that a daemon has open."""
    daemon = opened()
    path = Path(url.removeprefix("sqlite:///"))

    def files() -> bytes:
        return b"".join(one.read_bytes() for one in path.parent.iterdir()).lower()

    assert daemon.state(ANNA, now=LATER)
    assert b"anna.smith" in files()

    forget(known)

    assert b"anna.smith" not in files().replace(b"joanna.smith", b"")


def test_its_block_stands_in_each_stream(known: Store, url: str) -> None:
    """Whoever asks before a mail is told so; of the rest nothing is known."""
    found = forget(known)

    assert found.blocked_in == ["default", "news"]
    for stream, cause in (("default", Cause.MAILBOX_UNKNOWN), ("news", Cause.COMPLAINT)):
        state = known.state(ANNA, stream, now=LATER)
        assert state
        assert (state.blocked, state.cause, state.evidence) == (True, cause, None)
        with contextlib.closing(Lookup(url)) as lookup:
            block = lookup.block(ANNA, stream, LATER)
        assert block
        assert (block.key, block.cause) == (ANNA.lower(), cause)
    assert not known.history(ANNA)


def test_who_is_not_blocked_is_not_known(known: Store, url: str) -> None:
    """Nothing stands in the way of mail to them, and nobody is kept in mind."""
    found = forget(known, BEN)

    assert found.blocked_in == []
    assert known.state(BEN, now=LATER) is None
    with contextlib.closing(Lookup(url)) as lookup:
        assert lookup.block(BEN, "default", LATER) is None


def test_a_block_whose_time_is_over_is_none(known: Store, message: Make, one: One) -> None:
    """It goes like everything else."""
    entry = Listed(BEN, BEN, Cause.COMPLAINT, "x", START, LATER + timedelta(days=1), "default")
    known.imported([entry], Import(source="crm", who="it", now=LATER))

    found = known.forget(BEN, who="operator", now=LATER + timedelta(days=2))

    assert found.blocked_in == []


def test_an_operator_can_unblock_who_was_forgotten(known: Store) -> None:
    """Whoever names the address knows it."""
    forget(known)

    decision = known.unblock(ANNA, why="asked", who="operator", now=LATER)

    assert decision.effect is Effect.UNBLOCKED
    state = known.state(ANNA, now=LATER)
    assert state
    assert not state.blocked
    assert known.state(ANNA, "news", now=LATER).blocked  # type: ignore[union-attr]


def test_a_new_report_finds_the_block(known: Store, message: Make, one: One) -> None:
    """It blocks nobody twice; and what it brings can be forgotten again."""
    first = forget(known)
    recorded = known.record([message(one(ANNA, Cause.MAILBOX_UNKNOWN), day=41)])

    assert recorded[0].outcomes[0].decision
    assert recorded[0].outcomes[0].decision.effect is Effect.UNCHANGED
    again = forget(known)
    assert again.hash == first.hash
    assert again.blocked_in == ["default", "news"]
    assert "anna.smith" not in everything(known).replace("joanna.smith", "")


def test_a_trial_changes_nothing(known: Store) -> None:
    """It says what would go, and all of it is still there."""
    before = everything(known)

    found = forget(known, dry_run=True)

    assert everything(known) == before
    assert found == forget(known)


def test_it_is_kept_that_something_was_forgotten(known: Store, rows: Any) -> None:
    """When, by whom, and the hash: who knows the address can tell that it was this one."""
    found = forget(known)

    (row,) = rows("forgotten")
    assert (row.key, row.at, row.who) == (found.hash, LATER, "operator")
    assert found.hash.startswith("#")


def test_what_is_recorded_while_it_is_looked_for_names_it_no_more(
    known: Store, message: Make, one: One, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Looking takes a while and locks nothing; mail goes on coming in."""
    look = traces.look

    def slowly(database: Database, mention: Mention) -> traces.Traces:
        found = look(database, mention)
        unknown = one(ANNA, Cause.MAILBOX_UNKNOWN)
        late = [
            message(unknown, one(BEN), original="<8-anna.smith=example.com@ours.test>"),
            message(one(BEN), raw=f"To: {BEN}\r\n\r\nnot {ANNA}".encode()),
            message(Judged(recipient=one(BEN).recipient, verdict=_about(ANNA))),
        ]
        known.record(late)
        return found

    monkeypatch.setattr(traces, "look", slowly)

    forget(known)

    assert "anna.smith" not in everything(known).replace("joanna.smith", "")
    assert known.history(BEN)


def test_a_blocked_bounce_address_that_names_it_stays_blocked(
    store: Store, message: Make, one: One, url: str
) -> None:
    """It goes under a hash of its own."""
    rewritten = "SRS0=HHH=TT=example.com=anna.smith@forwarder.test"
    store.record([message(one(rewritten, Cause.MAILBOX_UNKNOWN))])

    forget(store)

    assert "anna.smith" not in everything(store)
    state = store.state(rewritten, now=LATER)
    assert state
    assert state.blocked
    with contextlib.closing(Lookup(url)) as lookup:
        assert lookup.block(rewritten, "default", LATER)


def test_who_has_blocked_himself_is_forgotten_as_well(store: Store) -> None:
    """The operator of a block may be the address itself."""
    store.block(ANNA, why=f"{ANNA} wants no mail", who=ANNA, now=START)

    forget(store)

    assert "anna.smith" not in everything(store)
    assert store.state(ANNA, now=LATER).blocked  # type: ignore[union-attr]


def test_of_a_block_that_ends_later_nothing_is_left(
    opened: Callable[..., Store], message: Make, one: One, rows: Any
) -> None:
    """Nor is anybody told: whose it was is not known any more."""
    expire = {Cause.MAILBOX_UNKNOWN: timedelta(days=60)}
    policies = Policies(default=Settings(expire=expire))
    store = opened(policies=policies, outbox=Outbox(policies=policies, subscribers=[Everybody()]))
    store.record([message(one(ANNA, Cause.MAILBOX_UNKNOWN), one(BEN, Cause.MAILBOX_UNKNOWN))])
    forget(store)

    assert store.end_blocks(START + timedelta(days=61)) == 2

    assert [row.key for row in rows("recipients")] == [BEN]
    assert {row.key for row in rows("events")} == {BEN}
    assert {row.lane for row in rows("outbox")} == {BEN}


def test_a_message_that_waits_to_be_forwarded_goes_too(
    opened: Callable[..., Store], message: Make
) -> None:
    """There is nothing left to forward."""
    store = opened(outbox=Outbox(policies=Policies(), kinds={Kind.OTHER}))
    raw = f"From: {ANNA}\r\n\r\nHello".encode()
    store.record([message(kind=Kind.OTHER, raw=raw, envelope=Envelope(reverse_path=ANNA))])

    found = forget(store)

    assert found.deleted["outbox"] == 1
    assert "anna.smith" not in everything(store)


@pytest.mark.database("sqlite")
def test_who_reads_for_long_is_named_as_the_reason(
    known: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows are gone by then; the same again empties the log."""
    monkeypatch.setattr("bounced.store.sqlite._REWRITE", 50)
    with known.database.read() as reader:
        reader.execute(select(schema.events)).all()
        with pytest.raises(StoreUnavailableError, match="try again"):
            forget(known)
    assert forget(known).blocked_in == ["default", "news"]
