"""The one commit: what a message changes, and that it does so once."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import func, select

from bounced.causes import Cause
from bounced.model import (
    Action,
    Defect,
    Envelope,
    Feedback,
    Judged,
    Kind,
    Reading,
    Report,
    Returned,
    Typed,
)
from bounced.policy import Effect, Settings
from bounced.store import Incoming, Store, schema

Make = Callable[..., Incoming]
One = Callable[..., Judged]
Effects = Callable[..., list[list[Effect | None]]]
Rows = Callable[[str], list[Any]]


def test_the_fifth_soft_failure_blocks_across_commits(store: Store, message: Make) -> None:
    """The count is kept in the database, and so is the reason."""
    for day in range(4):
        store.record([message("Joe@Example.com", day=day)])
    state = store.state("joe@example.com")
    assert state is not None
    assert (state.blocked, state.soft_count) == (False, 4)

    recorded = store.record([message("<JOE@example.com>", day=4)])

    assert recorded[0].outcomes[0].decision is not None
    state = store.state("joe@example.com")
    assert state == recorded[0].outcomes[0].decision.after
    assert state.blocked
    assert state.why == "5th soft failure in a row (mailbox_full); 5 block"
    assert state.address == "Joe@Example.com"


def test_five_in_one_batch_count_like_five_commits(
    store: Store, message: Make, effects: Effects
) -> None:
    """Messages of one batch see what those before them did."""
    counted = effects(*(message("joe@example.com", day=day) for day in range(5)))

    assert counted == [[Effect.COUNTED]] * 4 + [[Effect.BLOCKED]]
    state = store.state("joe@example.com")
    assert state is not None
    assert state.blocked


def test_a_redelivery_changes_nothing_but_how_often_it_was_seen(
    store: Store, message: Make, rows: Rows
) -> None:
    """In the same batch, in a later one, and the very same object."""
    first, again = message("joe@example.com"), message("joe@example.com")
    again = type(again)(
        **{name: getattr(again, name) for name in again.__slots__}
        | {"fingerprint": first.fingerprint}
    )

    recorded = store.record([first, again, first])
    later = store.record([again])

    assert [one.duplicate for one in [*recorded, *later]] == [False, True, True, True]
    assert len({one.message_id for one in [*recorded, *later]}) == 1
    assert later[0].outcomes == ()
    assert [row.seen for row in rows("messages")] == [4]
    assert [len(rows(name)) for name in ("raw_messages", "reports", "events")] == [1, 1, 1]
    state = store.state("joe@example.com")
    assert state is not None
    assert state.soft_count == 1


def test_an_empty_batch_is_nothing(store: Store) -> None:
    """And needs no transaction."""
    assert store.record([]) == []


def test_the_message_and_its_report_are_kept(
    store: Store, message: Make, one: One, rows: Rows
) -> None:
    """The bytes as they came, every field of the report, and the envelope."""
    when = datetime(2026, 1, 1, 12, tzinfo=UTC)
    report = Report(
        kind=Kind.BOUNCE,
        source="dsn",
        because="Content-Type",
        recipients=(one("joe@example.com").recipient,),
        reporting_mta=Typed("dns", "mx.example.net"),
        original_envelope_id="QQ1",
        arrival_date=when,
        dsn_gateway=Typed("", "gate"),
        returned=Returned(
            message_id="<m@example.org>", subject="Hi", headers=(("x-list", "l"),), date=when
        ),
        feedback=Feedback(feedback_type="abuse"),
        message_id="<r@example.net>",
        from_="MAILER-DAEMON@example.net",
        extensions=(("X-Odd", "value"),),
        defects=(Defect(field="date", text="unreadable"),),
    )
    raw = bytes(range(256)) * 40
    envelope = Envelope(
        reverse_path="",
        forward_paths=("bounces@example.org",),
        parameters="SIZE=10240 AUTH=<> XOORG=example.net",
        forward_parameters=("NOTIFY=NEVER ORCPT=rfc822;bounces@example.org",),
    )
    read = Reading(report=report, judged=(one("joe@example.com"),))
    store.record([message(raw=raw, reading=read, envelope=envelope)])

    (found,), (kept,), (whole,) = (rows(name) for name in ("messages", "reports", "raw_messages"))
    assert (found.reverse_path, found.forward_paths) == ("", ["bounces@example.org"])
    assert found.parameters == envelope.parameters
    assert found.forward_parameters == list(envelope.forward_parameters)
    assert (found.size, found.seen, found.kind, found.source) == (len(raw), 1, "bounce", "smtp")
    assert zlib.decompress(whole.zlib) == raw
    assert len(whole.zlib) < len(raw)
    assert whole.expires_at == datetime(2026, 1, 31, tzinfo=UTC)
    assert (kept.reporting_mta, kept.dsn_gateway) == ("dns; mx.example.net", "gate")
    assert (kept.original_envelope_id, kept.arrival_date) == ("QQ1", when)
    assert (kept.returned_message_id, kept.returned_headers) == (
        "<m@example.org>",
        [["x-list", "l"]],
    )
    assert (kept.own_message_id, kept.own_from) == ("<r@example.net>", "MAILER-DAEMON@example.net")
    assert kept.extensions == [["X-Odd", "value"]]
    assert kept.defects == [{"field": "date", "text": "unreadable"}]
    assert kept.feedback["feedback_type"] == "abuse"
    assert kept.recipients[0]["address"] == "joe@example.com"


def test_every_change_of_state_is_on_the_audit_trail(
    store: Store, message: Make, one: One, rows: Rows
) -> None:
    """When, by which event, from what to what, and why; what changed nothing is not."""
    store.record(
        [message("joe@example.com", day=1), message(one("joe@example.com", None, Action.DELAYED))]
    )

    (line,) = rows("audit")
    assert (line.at, line.key, line.effect) == (
        datetime(2026, 1, 2, tzinfo=UTC),
        "joe@example.com",
        "counted",
    )
    assert (line.before["soft_count"], line.after["soft_count"]) == (0, 1)
    assert line.after["cause"] == "mailbox_full"
    assert line.event_id == rows("events")[0].id
    assert line.why == "1st soft failure in a row (mailbox_full); 5 block"


@pytest.mark.parametrize(
    "store",
    [Settings(soft_limit=1, expire={Cause.MAILBOX_FULL: timedelta(days=10)})],
    indirect=True,
)
def test_a_block_whose_time_is_over_ends_on_record(
    store: Store, message: Make, effects: Effects, rows: Rows
) -> None:
    """The next event finds it ended: in the history, on the audit trail, and counts from one."""
    store.record([message("joe@example.com", day=0)])

    assert effects(message("joe@example.com", day=20)) == [[Effect.BLOCKED]]

    assert [(entry.origin, entry.effect) for entry in store.history("joe@example.com")] == [
        ("report", Effect.BLOCKED),
        ("policy", Effect.UNBLOCKED),
        ("report", Effect.BLOCKED),
    ]
    assert store.history("joe@example.com")[1].at == datetime(2026, 1, 11, tzinfo=UTC)
    assert [line.effect for line in rows("audit")] == ["blocked", "unblocked", "blocked"]


def test_hostile_text_is_stored(store: Store, message: Make, one: One, effects: Effects) -> None:
    """NULs, lost bytes and odd dates are in bounces; none may stop a message."""
    odd = "a\0b\udcffc\ud800"
    report = Report(
        kind=Kind.BOUNCE,
        source=odd,
        reporting_mta=Typed("dns", odd),
        arrival_date=datetime(2026, 1, 1),  # noqa: DTZ001 -- Date fields without a zone exist
        date=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))),
        returned=Returned(message_id=odd, headers=((odd, odd),)),
        extensions=((odd, odd),),
        feedback=Feedback(feedback_type=odd, incidents=10**30),
    )
    recipients = (one(f"jo{odd}e@example.com"), one(odd), one("joe@example.com"))
    hostile = message(
        reading=Reading(report=report, judged=recipients), stream=odd, peer=odd, queue_id=odd
    )

    assert effects(hostile) == [[Effect.COUNTED] * 3]
    assert store.state("joe@example.com", odd) is not None
    assert store.state("joe@example.com") is None
    assert len(store.history(f"jo{odd}e@example.com")) == 1


def test_a_report_with_thousands_of_recipients_is_one_commit(
    store: Store, message: Make, effects: Effects
) -> None:
    """More than a database takes parameters, twice over."""
    many = [f"joe@n{number}.example.com" for number in range(3000)]
    store.record([message(*many, original="m1")])
    assert [len(one) for one in effects(message(*many, original="m1"))] == [3000]

    with store.database.read() as connection:
        counted = connection.execute(
            select(func.sum(schema.recipients.c.soft_count), func.count())
        ).one()
    assert tuple(counted) == (3000, 3000)
