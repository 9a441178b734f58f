"""Sender incidents on record: opened, grown, closed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from bounced.causes import Cause
from bounced.model import Judged, RecipientStatus, Trust, Typed, Verdict
from bounced.policy import Policies, Settings
from bounced.store import Effects, Incoming, Store

Make = Callable[..., Incoming]
START = datetime(2026, 1, 1, tzinfo=UTC)


def _refused(
    address: str, words: str = "554 5.7.1 [192.0.2.7] listed at zen.spamhaus.org"
) -> Judged:
    return Judged(
        recipient=RecipientStatus(
            address=address, action="failed", diagnostic_code=Typed("smtp", words)
        ),
        verdict=Verdict(cause=Cause.SENDER_BLOCKED, rule="block-list", evidence=words),
    )


def test_refusals_alike_are_one_incident(store: Store, message: Make) -> None:
    """With who refuses what, since when, how many are hit, and where to ask."""
    for day, who in enumerate(("a@example.com", "b@example.com", "c@example.net", "a@example.com")):
        store.record([message(_refused(who), day=day / 10)])

    (found,) = store.incidents()
    assert (found.refuser, found.ours, found.cause) == (
        "Spamhaus",
        "192.0.2.7",
        Cause.SENDER_BLOCKED,
    )
    assert (found.failures, found.recipients) == (4, 3)
    assert (found.opened_at, found.last_at) == (START, START + timedelta(days=0.3))
    assert found.domains == ("example.com", "example.net")
    assert found.removal == "https://check.spamhaus.org/"
    assert not any(state.blocked for state in store.states(now=START + timedelta(days=9)))


def test_another_host_of_ours_is_another_incident(store: Store, message: Make) -> None:
    """So is another list."""
    other = "554 [192.0.2.8] listed at bl.spamcop.net"
    store.record([message(_refused("a@example.com")), message(_refused("a@example.com", other))])
    assert {(one.refuser, one.ours) for one in store.incidents()} == {
        ("Spamhaus", "192.0.2.7"),
        ("SpamCop", "192.0.2.8"),
    }


def test_an_incident_closes_after_three_quiet_days(store: Store, message: Make) -> None:
    """A refusal after that opens a new one."""
    store.record([message(_refused("a@example.com"))])
    assert store.sweep(START + timedelta(days=2)) == ([], [])
    _, (closed,) = store.sweep(START + timedelta(days=4))
    assert closed.closed_by == "policy"
    assert store.incidents() == []

    store.record([message(_refused("a@example.com"), day=5)])
    assert [one.closed_by for one in store.incidents(everything=True)] == ["policy", None]


def test_an_operator_closes_one_by_its_number(store: Store, message: Make) -> None:
    """Once."""
    store.record([message(_refused("a@example.com"))])
    number = store.incidents()[0].id
    closed = store.close_incident(number, who="alice", now=START)
    assert closed
    assert closed.closed_by == "alice"
    assert store.close_incident(number, who="alice", now=START) is None


def test_whoever_listens_is_told_of_a_new_one(store: Store, message: Make) -> None:
    """After the commit, and of its beginning only."""
    told: list[Effects] = []
    store.listener = told.append
    store.record([message(_refused("a@example.com"))])
    store.record([message(_refused("b@example.com"))])
    assert [[one.refuser for one in effects.incidents] for effects in told] == [["Spamhaus"]]


@pytest.mark.parametrize("trust", [Trust.FORGED, Trust.UNSIGNED])
def test_a_report_that_is_not_trusted_opens_none(
    opened: Callable[..., Store], message: Make, trust: Trust
) -> None:
    """Where only signed ones change anything."""
    store = opened(policies=Policies(default=Settings(signed_only=True)))
    store.record([message(_refused("a@example.com"), trust=trust)])
    assert store.incidents() == []
