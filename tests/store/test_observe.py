"""What the sender's own SMTP client saw counts once, with the reports of the same message."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from bounced import pipeline
from bounced.causes import Cause
from bounced.classify import RuleBook
from bounced.model import Judged, Kind, Report, Returned
from bounced.policy import Effect
from bounced.store import Incoming, Observed, Store

Make = Callable[..., Incoming]
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def full(rules: RuleBook) -> Judged:
    """Return a rejection for a full mailbox, classified like any other."""
    return pipeline.rejection("joe@example.com", "552 5.2.2 mailbox full", "mx.example.com", rules)


def _seen(judged: Judged | None, **fields: Any) -> Observed:
    values = {
        "address": "joe@example.com",
        "at": START,
        "origin": "log",
        "who": "postfix log",
        "judged": judged,
        "original": "m1@example.org",
    }
    return Observed(**values | fields)


def _effects(store: Store, *seen: Observed) -> list[Effect | None]:
    return [one and one.effect for one in store.observe(seen)]


def test_a_rejection_is_classified_like_a_bounce(full: Judged) -> None:
    """By the same rules, with what was said as evidence."""
    assert full.verdict
    assert full.verdict.cause is Cause.MAILBOX_FULL
    assert (str(full.status), full.smtp_code) == ("5.2.2", 552)


def test_a_rejection_counts_and_a_delivery_forgets(store: Store, full: Judged) -> None:
    """As a report would do."""
    assert _effects(store, _seen(full)) == [Effect.COUNTED]
    delivered = _seen(None, at=START + timedelta(days=1), original="m2@example.org")
    assert _effects(store, delivered) == [Effect.RESET]
    told = store.history("joe@example.com")
    assert [(one.origin, one.who) for one in told] == [("log", "postfix log")] * 2


@pytest.mark.parametrize("first", ["log", "report"])
def test_a_message_counts_once_by_log_and_report(
    store: Store, message: Make, full: Judged, first: str
) -> None:
    """Whichever comes first; also where the report has an ENVID, which the log has not."""
    returned = Returned(message_id="<m1@example.org>")
    report = Report(kind=Kind.BOUNCE, source="dsn", original_envelope_id="QQ1", returned=returned)
    read = message("joe@example.com").reading
    dsn = message(reading=type(read)(report=report, judged=read.judged), day=0.1)
    if first == "log":
        store.observe([_seen(full)])
        store.record([dsn])
    else:
        store.record([dsn])
        store.observe([_seen(full)])
    state = store.state("joe@example.com", now=START + timedelta(days=1))
    assert state
    assert state.soft_count == 1


def test_what_is_done_beside_it_is_in_the_same_transaction(store: Store, full: Judged) -> None:
    """Where that fails, nothing was observed."""

    def fail(_: object) -> None:
        msg = "no"
        raise RuntimeError(msg)

    with pytest.raises(RuntimeError):
        store.observe([_seen(full)], also=fail)
    assert store.state("joe@example.com") is None


def test_what_is_no_address_has_no_effect(store: Store, full: Judged) -> None:
    """It is on record, and blocks nobody; a whole domain is an operator's to block."""
    assert _effects(store, _seen(full, address="@example.com")) == [None]


def test_a_delivery_to_somebody_unknown_leaves_no_trace(
    store: Store, rows: Callable[[str], list[Any]]
) -> None:
    """A sender delivers a million mails for one that fails."""
    assert _effects(store, _seen(None)) == [Effect.RECORDED]
    assert rows("events") == []
    assert rows("recipients") == []


def test_deliveries_to_somebody_known_are_noted_once_a_day(
    store: Store, full: Judged, rows: Callable[[str], list[Any]]
) -> None:
    """Where they forget failures or break a block's word, each is."""
    store.observe([_seen(full)])
    for hour in (1, 2, 3, 27):
        store.observe([_seen(None, at=START + timedelta(hours=hour), original=f"m{hour}")])
    assert [row.at.hour for row in rows("events")] == [0, 1, 3]

    store.block("joe@example.com", why="asked", who="alice", now=START + timedelta(days=2))
    for hour in (49, 50):
        store.observe([_seen(None, at=START + timedelta(hours=hour), original=f"m{hour}")])
    assert len(rows("events")) == 6


def test_a_delivery_to_a_domain_that_was_down_is_noted(store: Store, rules: RuleBook) -> None:
    """It says that the server answers again, whoever it was to."""
    refused = pipeline.rejection("joe@example.com", "connect: Connection timed out", None, rules)
    for day, seen in ((0, refused), (8, None), (16, refused)):
        address = "joe@example.com" if seen else "new@example.com"
        at = START + timedelta(days=day)
        store.observe([_seen(seen, address=address, at=at, original=f"m{day}")])
    state = store.state("joe@example.com", now=START + timedelta(days=17))
    assert state
    assert (state.blocked, state.soft_count) == (False, 2)


def test_a_batch_of_deliveries_asks_no_question_for_each(store: Store) -> None:
    """However many domains are in it, the database is asked the same few things."""
    asked: list[str] = []
    event.listen(store.database.engine, "before_cursor_execute", lambda *it: asked.append(it[2]))
    counts = []
    for size in (1, 50):
        asked.clear()
        store.observe(
            [_seen(None, address=f"joe@{n}.example.com", original=None) for n in range(size)]
        )
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_a_late_delivery_to_a_domain_that_was_never_down_is_no_line(
    store: Store, message: Make, rows: Callable[[str], list[Any]]
) -> None:
    """The log is read a little behind the reports, and a big domain has reports all the time."""
    store.record([message(f"u{n}@example.com", day=n) for n in range(3)])
    store.observe([_seen(None, address="new@example.com", at=START + timedelta(days=1))])
    assert len(rows("events")) == 3
