"""What the store answers, and what operators do to it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import exc, select

from bounced.causes import Cause
from bounced.errors import StoreError, StoreUnavailableError
from bounced.model import Judged, Kind
from bounced.policy import Effect, Policies, Settings, What
from bounced.store import Incoming, Store, by_operator, schema
from bounced.store.state import ending

Make = Callable[..., Incoming]
One = Callable[..., Judged]
START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 2, 1, tzinfo=UTC)


def keys(store: Store, **filters: object) -> list[str]:
    """Return the keys of the states that pass the filters."""
    return [one.key for one in store.states(**{"now": NOW, **filters})]  # type: ignore[arg-type]


@pytest.fixture
def filled(opened: Callable[..., Store], message: Make, one: One) -> Store:
    """Return a store with a few addresses in several conditions."""
    store = opened(
        policies=Policies(default=Settings(expire={Cause.MAILBOX_MOVED: timedelta(days=10)}))
    )
    store.record(
        [
            message(one("dead@example.com", Cause.MAILBOX_UNKNOWN), day=1),
            message(one("moved@example.com", Cause.MAILBOX_MOVED), day=2),
            message(one("full@münchen.example"), day=3),
            message(one("dead@example.com", Cause.MAILBOX_DISABLED), day=4, stream="news"),
        ]
    )
    return store


def test_nothing_is_known_of_an_address_never_heard_of(store: Store) -> None:
    """Neither a state nor a history."""
    assert store.state("joe@example.com") is None
    assert store.history("joe@example.com") == []


def test_filters(filled: Store) -> None:
    """Each alone, and as things are at the time asked for."""
    everyone = ["dead@example.com", "full@xn--mnchen-3ya.example", "moved@example.com"]

    assert keys(filled) == [*everyone, "dead@example.com"]
    assert keys(filled, stream="default") == everyone
    assert keys(filled, blocked=True) == ["dead@example.com"] * 2
    assert keys(filled, blocked=False) == everyone[1:]
    assert keys(filled, cause=Cause.MAILBOX_UNKNOWN) == ["dead@example.com"]
    assert keys(filled, domain="MÜNCHEN.example.") == ["full@xn--mnchen-3ya.example"]
    assert keys(filled, since=datetime(2026, 1, 4, tzinfo=UTC)) == [everyone[1], everyone[0]]
    assert keys(filled, limit=2) == everyone[:2]
    assert keys(filled, limit=0) == []
    assert keys(filled, after=("default", everyone[1])) == [everyone[2], everyone[0]]


def test_what_was_blocked_since_leaves_out_blocks_that_are_over(
    opened: Callable[..., Store], message: Make, one: One
) -> None:
    """Their addresses are clean by then; one that has failed since is shown as it is."""
    store = opened(policies=Policies(default=Settings(expire={Cause.COMPLAINT: timedelta(days=2)})))
    complaint = Cause.COMPLAINT
    store.record(
        [message(one(f"{who}@example.com", complaint), kind=Kind.COMPLAINT) for who in "abc"]
    )
    store.record([message("b@example.com", day=1)])
    shown = {}
    for days in (1, 3):
        found = store.states(now=START + timedelta(days=days), since=START)
        shown[days] = {state.key[0]: state.blocked for state in found}
    assert shown == {1: {"a": True, "b": True, "c": True}, 3: {"b": False}}


def test_a_block_whose_time_is_over_is_listed_as_none(filled: Store) -> None:
    """Before its end it is listed, and without a now as it is today."""
    early = datetime(2026, 1, 5, tzinfo=UTC)

    assert keys(filled, now=early, cause=Cause.MAILBOX_MOVED) == ["moved@example.com"]
    assert "moved@example.com" in keys(filled, now=early, blocked=True)
    assert keys(filled, cause=Cause.MAILBOX_MOVED) == []
    for now in (NOW, None):
        state = filled.state("moved@example.com", now=now)
        assert state is not None
        assert (state.blocked, state.cause) == (False, None)
    assert "moved@example.com" not in [one.key for one in filled.states(blocked=True)]


def test_all_are_listed_page_by_page(store: Store, message: Make) -> None:
    """More than a page, each once, in order."""
    many = [f"user{number:04}@example.com" for number in range(1200)]
    store.record([message(*many)])

    assert keys(store) == many
    assert keys(store, limit=700) == many[:700]


def test_history_tells_what_happened_oldest_first(filled: Store, message: Make) -> None:
    """What was said, what was concluded, what it did, and by which message."""
    filled.record([message("dead@example.com", day=0.5, queue_id="QLATE", original="<m@x>")])

    early, blocked, elsewhere = filled.history("<Dead@Example.COM>")

    assert (early.queue_id, early.original, early.source) == ("QLATE", "m@x", "smtp")
    assert (blocked.effect, blocked.why) == (Effect.BLOCKED, "hard failure (mailbox_unknown)")
    assert (blocked.status, blocked.smtp_code, blocked.cause) == ("5.2.2", 552, "mailbox_unknown")
    assert (blocked.type, blocked.action, blocked.kind) == ("hard", "failed", "bounce")
    assert blocked.evidence == "552 5.2.2 <dead@example.com> over quota"
    assert elsewhere.stream == "news"
    assert filled.history("dead@example.com", "news") == [elsewhere]


def test_an_operator_blocks_with_name_and_reason(store: Store) -> None:
    """And unblocks; both stand in the history and on the audit trail."""
    said = store.block("Joe@example.com", why="asked by phone", who="alice", now=NOW)
    assert (said.effect, str(said.why)) == (Effect.BLOCKED, "blocked by alice: asked by phone")
    state = store.state("joe@example.com")
    assert state is not None
    assert (state.blocked, state.blocked_by, state.since) == (True, "alice", NOW)

    again = store.block("joe@example.com", why="once more", who="bob", now=NOW)
    lifted = store.unblock("joe@example.com", why="asked again", who="bob", now=NOW)
    gone = store.unblock("joe@example.com", why="to be sure", who="bob", now=NOW)

    assert [one.effect for one in (again, lifted, gone)] == [
        *(Effect.UNCHANGED, Effect.UNBLOCKED, Effect.UNCHANGED)
    ]
    assert [(one.who, one.effect) for one in store.history("joe@example.com")] == [
        ("alice", Effect.BLOCKED),
        ("bob", Effect.UNCHANGED),
        ("bob", Effect.UNBLOCKED),
        ("bob", Effect.UNCHANGED),
    ]
    with store.database.read() as connection:
        trail = connection.execute(select(schema.audit.c.who, schema.audit.c.effect))
        assert [tuple(line) for line in trail] == [("alice", "blocked"), ("bob", "unblocked")]


def test_an_operator_may_say_for_which_cause(store: Store) -> None:
    """It is listed under that, and does not expire like that."""
    store.block("joe@example.com", why="spam trap", who="alice", now=NOW, cause=Cause.SUPPRESSED)

    assert keys(store, cause=Cause.SUPPRESSED) == ["joe@example.com"]
    assert store.history("joe@example.com")[0].cause is Cause.SUPPRESSED


def test_to_unblock_an_unknown_address_makes_no_state(store: Store) -> None:
    """A slip of the pen leaves a line in the history and nothing else."""
    assert store.unblock("jo@example.com", why="", who="a", now=NOW).effect is Effect.UNCHANGED
    assert store.state("jo@example.com") is None
    assert len(store.history("jo@example.com")) == 1


def test_a_whole_domain_is_blocked_by_hand(filled: Store) -> None:
    """Every address of it, known or not, until the domain is unblocked; no other domain's."""
    filled.block("@MÜNCHEN.example", why="closed", who="alice", now=NOW)

    for address in ("full@münchen.example", "new@xn--mnchen-3ya.example"):
        state = filled.state(address)
        assert state is not None
        assert (state.blocked, state.key) == (True, "@xn--mnchen-3ya.example")
    assert filled.state("new@sub.münchen.example") is None
    assert filled.state("new@münchen.example", "news") is None

    filled.unblock("@münchen.example", why="open", who="alice", now=NOW)
    state = filled.state("full@münchen.example")
    assert state is not None
    assert (state.blocked, state.key) == (False, "full@xn--mnchen-3ya.example")


def test_many_are_looked_up_as_one_is(filled: Store) -> None:
    """In their order, known or not, twice or not, in more than one query; and nobody for none."""
    filled.block("@example.com", why="gone", who="anna", now=NOW)
    known = ["dead@example.com", "full@münchen.example", "other@example.com", "new@example.org"]
    wanted = [*known, "no address", *(f"u{number}@example.net" for number in range(1200)), *known]

    found = filled.lookup(wanted, now=NOW)
    assert found == [filled.state(one, now=NOW) for one in wanted]
    assert [one and one.key for one in found[:4]] == [
        "dead@example.com",
        "full@xn--mnchen-3ya.example",
        "@example.com",
        None,
    ]
    assert filled.lookup([]) == []


def test_many_are_blocked_at_once(store: Store) -> None:
    """Each with its decision, one after the other, so that the second of two changes nothing."""
    facts = [
        by_operator(What.BLOCK, one, "default", NOW, who="anna", reason="x")
        for one in ("a@example.org", "b@example.org", "A@example.org")
    ]
    effects = [one.effect for one in store.operate(facts)]

    assert effects == [Effect.BLOCKED, Effect.BLOCKED, Effect.UNCHANGED]
    assert keys(store, blocked=True) == ["a@example.org", "b@example.org"]


@pytest.mark.database("sqlite")
def test_a_database_that_answers_is_there(store: Store) -> None:
    """And one whose connection can't be opened is not."""
    store.ping()
    store.database.close()
    Path(store.name).rename(f"{store.name}.away")
    Path(store.name).mkdir()
    with pytest.raises(StoreUnavailableError, match="can't be opened"):
        store.ping()


def test_a_block_of_its_own_is_shown_before_the_domains(filled: Store) -> None:
    """The more precise reason is the better answer."""
    filled.block("@example.com", why="closed", who="alice", now=NOW)

    state = filled.state("dead@example.com")
    assert state is not None
    assert state.key == "dead@example.com"


def test_a_delivery_told_by_hand_starts_the_count_anew(filled: Store) -> None:
    """As if a report had said so."""
    said = filled.delivered("full@münchen.example", who="alice", now=NOW)

    assert (said.effect, said.why) == (Effect.RESET, "delivered; 1 soft in a row forgotten")


def test_raw_messages_are_kept_for_their_time(opened: Callable[..., Store], message: Make) -> None:
    """To the moment; what was read in them stays."""
    store = opened(raw_retention=timedelta(days=30))
    store.record([message("joe@example.com", day=day) for day in (0, 1)] * 2)
    store.record([message("joe@example.com", day=2) for _ in range(600)])

    assert store.expire_raw(datetime(2026, 1, 30, tzinfo=UTC)) == 0
    assert store.expire_raw(datetime(2026, 1, 31, tzinfo=UTC)) == 1
    assert store.expire_raw(datetime(2027, 1, 1, tzinfo=UTC)) == 601
    assert len(store.history("joe@example.com")) == 602


def test_without_a_retention_raw_messages_are_kept_for_ever(
    opened: Callable[..., Store], message: Make
) -> None:
    """Nothing is ever due."""
    store = opened(raw_retention=None)
    store.record([message("joe@example.com")])

    assert store.expire_raw(datetime(9999, 1, 1, tzinfo=UTC)) == 0


def test_what_only_reads_changes_nothing(filled: Store, opened: Callable[..., Store]) -> None:
    """It answers like any other, and refuses to write."""
    reader = opened(read_only=True)

    assert reader.state("dead@example.com") == filled.state("dead@example.com")
    with pytest.raises(StoreError, match="was opened for reading only"):
        reader.unblock("dead@example.com", why="", who="", now=NOW)


def test_a_row_made_by_another_process_meanwhile_is_a_reason_to_start_again(store: Store) -> None:
    """Twice; a constraint that is broken a third time is a defect and is told."""
    tried: list[int] = []
    statement = "INSERT INTO recipients"

    def work(fails: int) -> Callable[[object], str]:
        def once(_: object) -> str:
            tried.append(1)
            if len(tried) <= fails:
                raise exc.IntegrityError(statement, {}, Exception(statement))
            return "done"

        return once

    assert store._write(work(2)) == "done"
    assert len(tried) == 3
    tried.clear()
    with pytest.raises(exc.IntegrityError):
        store._write(work(3))


@pytest.mark.database("sqlite")
def test_to_look_for_blocks_that_are_over_costs_the_same_among_many(
    store: Store, steps: Callable[[], int]
) -> None:
    """Every minute: with a million addresses it once took seconds of the processor."""

    def swept() -> int:
        steps()
        store.sweep(NOW)
        return steps()

    def more(first: int, last: int) -> None:
        who = {"who": "me", "reason": "gone"}
        for number in range(first, last, 500):
            some = range(number, number + 500)
            asked = [f"u{one}@example.com" for one in some]
            store.operate([by_operator(What.BLOCK, one, "default", START, **who) for one in asked])

    more(0, 500)
    few = swept()
    more(500, 4000)

    assert swept() <= few + 200


@pytest.mark.database("sqlite")
@pytest.mark.parametrize(
    "store", [Settings(expire={Cause.MAILBOX_MOVED: timedelta(days=10)})], indirect=True
)
def test_of_blocks_that_end_together_none_is_sorted(
    store: Store, message: Make, one: One, steps: Callable[[], int]
) -> None:
    """As those of an import without dates do; they are looked for again and again."""
    for start in range(0, 2000, 500):
        addresses = [f"u{number}@h{number}.example" for number in range(start, start + 500)]
        store.record([message(one(address, Cause.MAILBOX_MOVED)) for address in addresses])

    with store.database.read() as connection:
        steps()
        assert len(ending(connection, NOW, 1)) == 1
        assert steps() < 1000
        assert len(ending(connection, NOW, 500)) == 500
