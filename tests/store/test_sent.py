"""Messages that we were told of: remembered, found again, forgotten."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bounced.model import Claim, Judged, Kind, Match, Trust
from bounced.store import Incoming, Sent, Store

START = datetime(2026, 1, 1, tzinfo=UTC)
ANNA, BERT, OTHER = "Anna@example.com", "bert@example.com", "x@example.net"
Message = Callable[..., Incoming]


def sent(name: str, *addresses: str, stream: str = "default") -> list[Sent]:
    """Return what we are told of one message."""
    return [Sent(name=name, address=one, at=START, stream=stream) for one in addresses]


def addresses(store: Store) -> set[tuple[str, str]]:
    """Return where something is known of somebody."""
    return {(one.stream, one.address) for one in store.states()}


def test_a_report_that_returns_a_message_of_ours_is_correlated(
    store: Store, message: Message, rows: Callable[[str], list[Any]]
) -> None:
    """With what it was matched by, on record and to whoever had it recorded."""
    store.told(sent("<m1@b.test>", ANNA, BERT))
    (recorded,) = store.record([message("anna@EXAMPLE.com", original="<m1@b.test>")])

    assert recorded.claim
    assert (recorded.claim.trust, recorded.claim.matched) == (Trust.CORRELATED, Match.MESSAGE_ID)
    (row,) = rows("messages")
    assert (row.trust, row.matched) == (Trust.CORRELATED, Match.MESSAGE_ID)
    assert [one.trust for one in store.history(ANNA)] == [Trust.CORRELATED]
    assert store.preview(message("anna@example.com", original="m1@b.test"))[0].trust == (
        Trust.CORRELATED
    )


def test_the_only_recipient_is_whom_we_mailed(store: Store, message: Message) -> None:
    """Wherever a forwarder has taken it; but not where the mail went to several."""
    store.told([*sent("m1@b.test", ANNA), *sent("m2@b.test", ANNA, BERT)])
    store.record([message(OTHER, original="<m1@b.test>")])
    assert addresses(store) == {("default", ANNA)}

    (recorded,) = store.record([message(OTHER, original="<m2@b.test>")])
    assert recorded.claim
    assert recorded.claim.trust is Trust.UNSIGNED
    assert addresses(store) == {("default", ANNA), ("default", OTHER)}


def test_an_envelope_id_names_a_message_too(store: Store, message: Message) -> None:
    """RFC 3461 §4.4; it comes back where nothing of the mail itself does."""
    store.told(sent("order-1042", ANNA))
    one = message(OTHER)
    report = replace(one.reading.report, original_envelope_id="order-1042")
    (recorded,) = store.record([replace(one, reading=replace(one.reading, report=report))])

    assert recorded.claim
    assert recorded.claim.matched is Match.ENVELOPE_ID
    assert addresses(store) == {("default", ANNA)}


def test_its_stream_is_that_of_the_message(store: Store, message: Message) -> None:
    """Where the bounce address tells none; else that."""
    store.told([*sent("m1@b.test", ANNA, stream="news"), *sent("m1@b.test", BERT, stream="shop")])
    store.record([message(ANNA, original="m1@b.test")])
    assert addresses(store) == {("news", ANNA)}

    one = message(BERT, original="m1@b.test", stream="list")
    known = replace(one, reading=replace(one.reading, claim=Claim(stream="list")))
    store.record([known])
    assert addresses(store) == {("news", ANNA), ("list", BERT)}


@pytest.mark.parametrize("trust", [Trust.SIGNED, Trust.EXPIRED, Trust.FORGED])
def test_a_signature_has_said_it_already(
    store: Store, message: Message, one: Callable[..., Judged], trust: Trust
) -> None:
    """What we were told changes nothing of it."""
    store.told(sent("m1@b.test", ANNA))
    (recorded,) = store.record([message(one(OTHER), original="m1@b.test", trust=trust)])

    assert [outcome.address for outcome in recorded.outcomes] == [OTHER]
    assert [outcome.trust for outcome in recorded.outcomes] == [trust]


def test_only_bounces_and_complaints_are_looked_up(store: Store, message: Message) -> None:
    """An automatic reply says nothing of anybody."""
    store.told(sent("m1@b.test", ANNA))
    (recorded,) = store.record([message(original="m1@b.test", kind=Kind.AUTO_REPLY)])

    assert recorded.claim == Claim()


def test_being_told_again_changes_nothing(store: Store, rows: Callable[[str], list[Any]]) -> None:
    """Nor does being told of no message, or of nobody, or twice at once."""
    told = [*sent("m1@b.test", ANNA, ANNA.lower()), *sent("", BERT), *sent("m2@b.test", "")]
    store.told(told)
    store.told([*told, *sent("<m1@b.test>", BERT)])
    store.told([])

    assert {(row.name, row.key) for row in rows("sent")} == {
        ("m1@b.test", "anna@example.com"),
        ("m1@b.test", BERT),
    }


def test_a_message_to_many(store: Store, message: Message) -> None:
    """More recipients than one query can name; each is found."""
    many = [f"u{number}@example.com" for number in range(1200)]
    store.told(sent("m1@b.test", *many))
    (recorded,) = store.record([message("u1199@example.com", original="m1@b.test")])

    assert recorded.claim
    assert recorded.claim.matched is Match.MESSAGE_ID


def test_old_messages_are_forgotten(store: Store, rows: Callable[[str], list[Any]]) -> None:
    """All that are older, some at a time."""
    old = [Sent(name=f"m{number}", address=ANNA, at=START) for number in range(1100)]
    new = Sent(name="new", address=ANNA, at=START + timedelta(days=1))
    store.told([*old, new])

    assert store.forget_sent(START + timedelta(hours=1)) == 1100
    assert [row.name for row in rows("sent")] == ["new"]
    assert store.forget_sent(START) == 0
