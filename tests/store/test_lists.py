"""Suppression lists in the store: what an entry does or leaves alone, and what is on record."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from bounced.address import normalise
from bounced.causes import Cause
from bounced.lists import Listed
from bounced.model import Status
from bounced.policy import AddressState, Effect, Policies, Settings, What, decide
from bounced.store import Import, Incoming, Store, bulk, lists, schema, state
from bounced.store.judge import Entry
from bounced.store.write import write

Message = Callable[..., Incoming]
Rows = Callable[[str], list[Any]]
NOW = datetime(2026, 6, 1, tzinfo=UTC)
HOW = Import(source="old.example", who="ann", now=NOW)


def listed(address: str, day: int | None = 0, **fields: Any) -> Listed:
    """Return an entry that is dated some days after the start of 2026, or not at all."""
    since = None if day is None else datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day)
    values = {"cause": Cause.MAILBOX_UNKNOWN, "why": "hard bounce", "since": since} | fields
    return Listed(address=address, key=normalise(address), **values)


def effects(store: Store, *entries: Listed, how: Import = HOW) -> list[Effect | None]:
    """Import a list and return what each entry did."""
    return [one.effect if one else None for one in store.imported(entries, how)]


def test_an_entry_blocks_as_of_its_date_and_all_is_on_record(store: Store) -> None:
    """Whose list, who imported it, the rule and the words, in state and history."""
    one = listed(
        "Joe@example.org",
        status=Status(5, 1, 1),
        smtp_code=550,
        rule="mailbox-unknown",
        evidence="550 5.1.1 no such user",
    )
    assert effects(store, one) == [Effect.BLOCKED]

    found = store.state("joe@example.org", now=NOW)
    assert found is not None
    assert (found.address, found.blocked, found.since) == ("Joe@example.org", True, one.since)
    assert (found.cause, found.rule, found.evidence) == (one.cause, one.rule, one.evidence)
    assert (found.blocked_by, found.expires_at) == ("ann", None)
    assert found.why == "imported by ann: on the list of old.example: hard bounce"
    (event,) = store.history("joe@example.org")
    assert (event.what, event.origin, event.effect) == (What.LISTED, "import", Effect.BLOCKED)
    assert (event.at, event.who, event.status, event.smtp_code) == (one.since, "ann", "5.1.1", 550)


def test_importing_twice_changes_nothing(store: Store, rows: Rows) -> None:
    """Not even the events; an entry without a date is the same at any time."""
    entries = [listed("a@example.org"), listed("b@example.org", None)]
    assert effects(store, *entries) == [Effect.BLOCKED, Effect.BLOCKED]
    before = [rows(name) for name in ("events", "audit", "recipients")]

    later = replace(HOW, now=NOW + timedelta(days=1))
    assert effects(store, *entries, how=later) == [None, None]
    assert effects(store, *entries, *entries, how=later) == [None] * 4
    assert [rows(name) for name in ("events", "audit", "recipients")] == before


def test_an_older_entry_never_undoes_an_unblock(store: Store) -> None:
    """A newer one blocks again."""
    store.block("a@example.org", why="test", who="bob", now=datetime(2026, 2, 1, tzinfo=UTC))
    store.unblock("a@example.org", why="works", who="bob", now=datetime(2026, 3, 1, tzinfo=UTC))

    assert effects(store, listed("a@example.org", 10)) == [Effect.RECORDED]
    assert effects(store, listed("a@example.org", 10)) == [None]
    assert effects(store, listed("a@example.org", 90)) == [Effect.BLOCKED]


def test_an_undated_list_does_not_block_again_whom_an_operator_unblocked(store: Store) -> None:
    """It says nothing that was not known then; another list does."""
    assert effects(store, listed("a@example.org", None)) == [Effect.BLOCKED]
    store.unblock("a@example.org", why="works", who="bob", now=NOW + timedelta(days=1))
    later = replace(HOW, now=NOW + timedelta(days=2))

    assert effects(store, listed("a@example.org", None), how=later) == [None]
    other = replace(later, source="other.example")
    assert effects(store, listed("a@example.org", None), how=other) == [Effect.BLOCKED]


def test_a_later_delivery_refutes_a_bounce_but_no_complaint(store: Store) -> None:
    """Mail arrives; whether it is wanted is another question."""
    for name in ("a", "b", "c"):
        store.delivered(f"{name}@example.org", who="mta", now=datetime(2026, 3, 1, tzinfo=UTC))

    assert effects(
        store,
        listed("a@example.org", 10),
        listed("b@example.org", 10, cause=Cause.COMPLAINT),
        listed("c@example.org", 10, cause=Cause.SUPPRESSED),
    ) == [Effect.RECORDED, Effect.BLOCKED, Effect.BLOCKED]


def test_who_is_blocked_already_stays_as_is(store: Store) -> None:
    """The entry is an event of its history."""
    store.block("a@example.org", why="test", who="bob", now=NOW)
    before = store.state("a@example.org", now=NOW)

    assert effects(store, listed("a@example.org", 10)) == [Effect.UNCHANGED]
    assert store.state("a@example.org", now=NOW) == before
    assert [one.what for one in store.history("a@example.org")] == [What.LISTED, What.BLOCK]


def test_one_address_several_times_in_a_list_is_decided_in_order(store: Store) -> None:
    """As if each came alone, however it is written."""
    assert effects(
        store,
        listed("a@example.org", 5, until=NOW + timedelta(days=1)),
        listed("A@example.org", 6),
        listed("a@EXAMPLE.org", 6, why="again"),
        listed("a@example.org", 6, why="again"),
    ) == [Effect.BLOCKED, Effect.EXTENDED, Effect.UNCHANGED, None]

    found = store.state("a@example.org", now=NOW)
    assert found is not None
    assert (found.address, found.since, found.expires_at) == (
        "a@example.org",
        listed("", 5).since,
        None,
    )


@pytest.mark.parametrize(
    "store", [Settings(expire={Cause.MAILBOX_UNKNOWN: timedelta(days=30)})], indirect=True
)
def test_a_block_ends_as_set_for_its_cause_or_as_the_list_says(store: Store, rows: Rows) -> None:
    """One that would be over by now does not begin."""
    until = NOW + timedelta(days=3)
    entries = [listed("a@example.org", 140), listed("b@example.org", 0, until=until)]
    assert effects(store, *entries) == [Effect.BLOCKED, Effect.BLOCKED]
    ends = [store.state(one.address, now=NOW) for one in entries]
    assert [one and one.expires_at for one in ends] == [
        datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=170),
        until,
    ]

    store.block("d@example.org", why="test", who="bob", now=NOW)
    store.unblock("d@example.org", why="test", who="bob", now=datetime(2025, 1, 1, tzinfo=UTC))
    known = len(rows("events"))
    over = listed("c@example.org"), listed("d@example.org")
    assert effects(store, *over) == [Effect.RECORDED, Effect.RECORDED]
    assert [event.why for event in rows("events")[known:]] == [
        "its block would be over since 2026-01-31"
    ]


def test_a_dry_run_says_the_same_and_changes_nothing(store: Store, rows: Rows) -> None:
    """What the import then does."""
    store.delivered("b@example.org", who="mta", now=NOW)
    entries = [listed("a@example.org"), listed("b@example.org"), listed("a@example.org")]
    before = rows("events"), rows("recipients")

    would = store.imported(entries, HOW, dry_run=True)
    assert (rows("events"), rows("recipients")) == before
    assert store.imported(entries, HOW) == would


def test_the_quick_way_writes_what_the_usual_way_writes(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every column of every row, for every kind of entry."""
    until, odd = NOW + timedelta(days=9), "\x00\ud800 '\"\\ \N{SNOWMAN}"
    entries = [
        listed("a@example.org", until=until),
        listed("B@bücher.example", None, stream="news", why=odd),
        listed("c@example.org", rule="r", evidence=odd, smtp_code=550, status=Status(5, 1, 1)),
        listed("d@example.org", cause=Cause.SUPPRESSED, smtp_code=554),
        listed("@example.net", cause=Cause.COMPLAINT),
    ]

    def usual(connection: Connection, fresh: list[bulk.Fresh]) -> None:
        for one in fresh:
            fact = lists._fact(one.place, one.listed, one.at, one.reason, HOW.who)
            blank = AddressState(
                address=one.listed.address, key=one.place.key, stream=one.place.stream
            )
            decision = decide(blank, fact.event(None), Settings(), one.at)
            assert decision.after == one.state
            write(connection, [(Entry(fact, decision), None)])
            state.save(connection, {}, {one.place: decision.after})

    quick = _written(store, entries)
    monkeypatch.setattr(bulk, "insert_all", usual)
    assert _written(store, entries) == quick
    assert [len(rows) for rows in quick] == [len(entries)] * 3


def _written(store: Store, entries: list[Listed]) -> list[list[str]]:
    """Return what importing *entries* writes, and take it back; ids may differ."""
    found = []
    with contextlib.suppress(InterruptedError), store.database.write() as connection:
        lists.take_in(connection, entries, HOW, Policies())
        for table in (schema.events, schema.audit, schema.recipients):
            columns = [one for one in table.c if one.name not in ("id", "event_id")]
            rows = connection.execute(select(*columns))
            found.append(sorted(repr(row) for row in rows))
        raise InterruptedError
    return found


def test_a_rejudged_address_keeps_what_a_list_said(store: Store) -> None:
    """An import is decided on again from what is on record."""
    until = NOW + timedelta(days=5)
    store.imported([listed("a@example.org", until=until, rule="r", evidence="e")], HOW)
    before = store.state("a@example.org", now=NOW)
    with store.database.write() as connection:
        at = state.place("default", "a@example.org")
        assert lists_again(connection, at) is None
    assert store.state("a@example.org", now=NOW) == before


def lists_again(connection: Connection, at: state.Place) -> object:
    """Decide on all events of an address again."""
    from bounced.store import redo  # noqa: PLC0415 -- beside its only use

    return redo.revise(connection, at, 1, Policies(), now=NOW, why="test")
