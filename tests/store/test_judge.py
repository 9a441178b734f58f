"""What a message does to the states of its recipients, and what it can not do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from bounced.causes import Cause
from bounced.model import Action, Judged, Kind, Reading, Report, Returned
from bounced.policy import Effect
from bounced.store import Incoming, Store, schema

Make = Callable[..., Incoming]
One = Callable[..., Judged]
Effects = Callable[..., list[list[Effect | None]]]
Rows = Callable[[str], list[Any]]


def test_one_message_counts_once_however_many_reports_come_back(
    store: Store, message: Make, effects: Effects
) -> None:
    """By the Message-ID of the returned mail, in one batch and later, for each address alone."""
    first = [message("joe@example.com", day=day, original="<m1@example.org>") for day in (1, 2)]
    assert effects(*first) == [[Effect.COUNTED], [Effect.RECORDED]]

    later = [
        message("joe@example.com", day=3, original=" m1@example.org "),
        message("joe@example.com", day=3, original="<m2@example.org>"),
        message("ann@example.com", day=3, original="<m1@example.org>"),
        message("joe@example.com", day=3, original="<m1@example.org>", stream="news"),
    ]
    assert effects(*later) == [
        [Effect.RECORDED],
        [Effect.COUNTED],
        [Effect.COUNTED],
        [Effect.COUNTED],
    ]


def test_the_envelope_id_tells_messages_apart_before_the_message_id(
    store: Store, message: Make, one: One, effects: Effects
) -> None:
    """Where the sender gave one, it comes back in the report."""
    said = [
        Report(kind=Kind.BOUNCE, source="dsn", original_envelope_id=envid, returned=returned)
        for envid, returned in [
            ("QQ1", Returned(message_id="<a@example.org>")),
            ("QQ1", None),
            ("QQ2", Returned(message_id="<a@example.org>")),
        ]
    ]
    batch = [
        message(reading=Reading(report=report, judged=(one("joe@example.com"),))) for report in said
    ]

    assert effects(*batch) == [[Effect.COUNTED], [Effect.RECORDED], [Effect.COUNTED]]


def test_a_very_long_message_id_tells_messages_apart(
    store: Store, message: Make, effects: Effects
) -> None:
    """It is compared by its hash, since an index holds only so much."""
    long = "x" * 5000
    batch = [message("joe@example.com", original=f"<{long}{end}>") for end in "aab"]

    assert effects(*batch) == [[Effect.COUNTED], [Effect.RECORDED], [Effect.COUNTED]]


def test_a_hard_report_after_a_soft_one_of_the_same_message_blocks(
    store: Store, message: Make, one: One, effects: Effects
) -> None:
    """And a further one, after an operator has unblocked, does not."""
    hard = one("joe@example.com", Cause.MAILBOX_UNKNOWN)
    store.record([message("joe@example.com", original="m")])
    assert effects(message(hard, original="m")) == [[Effect.BLOCKED]]

    store.unblock(
        "joe@example.com", why="a mistake", who="alice", now=datetime(2026, 1, 2, tzinfo=UTC)
    )

    assert effects(message(hard, day=3, original="m")) == [[Effect.RECORDED]]
    assert effects(message(hard, day=3, original="other")) == [[Effect.BLOCKED]]


def test_an_address_named_twice_in_one_report_changes_once(
    store: Store, message: Make, one: One, effects: Effects, rows: Rows
) -> None:
    """The gravest of what is said of it acts; all of it is on record."""
    twice = message(
        "joe@example.com", one("JOE@example.com", Cause.MAILBOX_UNKNOWN), one("joe@example.com")
    )

    assert effects(twice) == [[Effect.RECORDED, Effect.BLOCKED, Effect.RECORDED]]
    assert len(rows("audit")) == 1
    first = store.history("joe@example.com")[0]
    assert first.why == "this report names the address more than once, and once is enough"


@pytest.mark.parametrize(
    "kind", [kind for kind in Kind if kind not in (Kind.BOUNCE, Kind.COMPLAINT)]
)
def test_only_bounces_and_complaints_change_anything(
    message: Make, one: One, kind: Kind, effects: Effects, rows: Rows
) -> None:
    """Whatever an automatic reply says of an address, it says it to nobody's harm."""
    reply = message(one("joe@example.com", Cause.MAILBOX_UNKNOWN), kind=kind)

    assert effects(reply) == [[Effect.RECORDED]]
    assert rows("recipients") == []
    assert [row.kind for row in rows("messages")] == [kind]


@pytest.mark.parametrize(
    ("action", "effect"),
    [
        (Action.FAILED, Effect.BLOCKED),
        (Action.DELAYED, Effect.RECORDED),
        (Action.DELIVERED, Effect.RECORDED),
        (Action.RELAYED, Effect.RECORDED),
        (Action.EXPANDED, Effect.RECORDED),
    ],
)
def test_of_the_actions_only_failed_blocks(
    message: Make, one: One, action: Action, effect: Effect, effects: Effects
) -> None:
    """Even where the words of a delay sound like a hard failure."""
    assert effects(message(one("joe@example.com", Cause.MAILBOX_UNKNOWN, action))) == [[effect]]


def test_a_report_of_delivery_starts_the_count_anew(
    store: Store, message: Make, one: One, effects: Effects
) -> None:
    """Delivered and relayed are both proof."""
    for action in (Action.DELIVERED, Action.RELAYED):
        store.record([message(f"{action}@example.com")])
        proof = message(one(f"{action}@example.com", None, action), day=1)
        assert effects(proof) == [[Effect.RESET]]


def test_a_complaint_blocks_in_its_stream(
    store: Store, message: Make, one: One, effects: Effects
) -> None:
    """And nowhere else; a failed authentication that comes as one is no complaint."""
    angry = one("joe@example.com", Cause.COMPLAINT)
    check = one("ann@example.com", Cause.SENDER_UNAUTHENTICATED)
    said = [message(each, kind=Kind.COMPLAINT, stream="news") for each in (angry, check)]

    assert effects(*said) == [[Effect.BLOCKED], [Effect.RECORDED]]
    state = store.state("joe@example.com", "news")
    assert state is not None
    assert state.blocked
    assert store.state("joe@example.com") is None


def test_a_recipient_without_address_is_on_record(
    store: Store, message: Make, one: One, effects: Effects, rows: Rows
) -> None:
    """It gives an event, and no state."""
    assert effects(message(one(None), "joe@example.com")) == [[None, Effect.COUNTED]]
    assert next((row.key, row.why) for row in rows("events")) == (
        None,
        "names no address that could be blocked",
    )
    assert len(rows("recipients")) == 1


def test_a_report_can_not_block_a_whole_domain(
    store: Store, message: Make, one: One, effects: Effects
) -> None:
    """``@example.com`` is how an operator does that."""
    assert effects(message(one("<@example.com>", Cause.MAILBOX_UNKNOWN))) == [[None]]
    assert store.state("ann@example.com") is None


def test_a_preview_says_what_recording_would_do_and_changes_nothing(
    store: Store, message: Make, one: One, rows: Rows
) -> None:
    """The outcomes are those that recording returns a moment later."""
    store.record([message("joe@example.com", original="m1")])
    for new in (
        message("joe@example.com", original="m1"),
        message("joe@example.com", one("ann@example.com", Cause.MAILBOX_UNKNOWN), one(None)),
    ):
        before = [rows(name) for name in schema.metadata.tables]
        said = store.preview(new)
        assert before == [rows(name) for name in schema.metadata.tables]

        assert tuple(said) == store.record([new])[0].outcomes
        assert store.preview(new) == ()  # it is recorded now, and would change nothing


def test_an_envelope_id_alone_tells_a_message_in_every_commit(
    store: Store, message: Make, one: One, effects: Effects
) -> None:
    """Five reports of one mail that return nothing of it are one failure, not five."""
    for number in range(5):
        report = Report(kind=Kind.BOUNCE, source="dsn", original_envelope_id="QQ1")
        reading = Reading(report=report, judged=(one("joe@example.com"),))
        expected = Effect.RECORDED if number else Effect.COUNTED
        assert effects(message(reading=reading, day=number)) == [[expected]]
