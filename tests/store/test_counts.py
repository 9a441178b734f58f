"""Everything that comes in is counted, whatever it is and whoever it is about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bounced.model import Claim, Kind, Match, Trust
from bounced.store import Incoming, Store

Message = Callable[..., Incoming]


def _claimed(one: Incoming, trust: Trust, matched: Match | None) -> Incoming:
    claim = Claim(trust=trust, matched=matched)
    return replace(one, trust=trust, reading=replace(one.reading, claim=claim))


def _fill(store: Store, message: Message) -> None:
    signed = _claimed(message("a@example.com", day=1), Trust.SIGNED, Match.SIGNED)
    store.record(
        [
            signed,
            _claimed(message("b@example.com", day=2), Trust.FORGED, None),
            _claimed(message("c@example.com", day=3, stream="news"), Trust.UNSIGNED, None),
            message(day=4, kind=Kind.AUTO_REPLY),
        ]
    )
    store.record([signed])
    store.record([signed])


def test_messages_are_counted_by_kind_trust_and_match(store: Store, message: Message) -> None:
    """Each once, however often it came; nobody asks whom an automatic reply is about."""
    _fill(store, message)
    counts = store.counts()

    assert (counts.messages, counts.again) == (4, 2)
    assert counts.kinds == {Kind.BOUNCE: 3, Kind.AUTO_REPLY: 1}
    assert dict(counts.trust) == {
        Trust.SIGNED: 1,
        Trust.EXPIRED: 0,
        Trust.CORRELATED: 0,
        Trust.UNSIGNED: 2,
        Trust.FORGED: 1,
    }
    assert (counts.matched[Match.SIGNED], counts.matched[None]) == (1, 2)


def test_a_count_may_be_of_a_time_and_of_one_stream(
    store: Store, message: Message, one: Any
) -> None:
    """From then on, that moment included."""
    _fill(store, message)
    start = message().received_at

    assert store.counts(since=start + timedelta(days=3)).messages == 2
    assert store.counts(since=start + timedelta(days=5)).messages == 0
    assert store.counts(stream="news").trust.total() == 1
    assert store.counts(stream="news", since=start + timedelta(days=4)).messages == 0
