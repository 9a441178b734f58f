"""Sender incidents on record: opened, grown, closed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bounced.causes import Cause
from bounced.model import Judged, RecipientStatus, Trust, Typed, Verdict
from bounced.policy import Policies, Settings
from bounced.store import Effects, Incoming, Observed, Store

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


def _from(incoming: Incoming, host: str) -> Incoming:
    """Return *incoming* as a report that names the host of ours that sends it."""
    report = replace(incoming.reading.report, reporting_mta=Typed("dns", host))
    return replace(incoming, reading=replace(incoming.reading, report=report))


def _seen(judged: Judged, original: str | None, day: float = 0) -> Observed:
    """Return what our own log says of a refusal."""
    at = START + timedelta(days=day)
    address = judged.address or ""
    return Observed(
        address=address, at=at, origin="log", who="postfix", judged=judged, original=original
    )


@pytest.mark.parametrize("words", ["554 5.7.1 [192.0.2.7] rejected", "554 5.7.1 rejected"])
@pytest.mark.parametrize("first", ["log", "report"])
def test_one_refusal_told_twice_is_one(store: Store, message: Make, words: str, first: str) -> None:
    """By our log and by the report of the same mail, which knows the host where the log doesn't."""
    refused = _refused("a@example.com", words)
    report = _from(message(refused, original="one@example.org"), "out.example.org")
    ways = [
        lambda: store.observe([_seen(refused, "one@example.org")]),
        lambda: store.record([report]),
    ]
    for tell in ways if first == "log" else reversed(ways):
        tell()

    (found,) = store.incidents()
    assert (found.failures, found.recipients) == (1, 1)
    assert found.ours == ("192.0.2.7" if "192" in words else "out.example.org")


def test_a_batch_tells_of_one_refusal_once(store: Store, message: Make) -> None:
    """Two reports of one mail in it; of another mail, or another recipient, it is another."""
    refused = _refused("a@example.com")
    store.record(
        [
            message(refused, original="one@example.org"),
            message(refused, original="one@example.org"),
            message(refused, original="two@example.org"),
            message(_refused("b@example.com"), original="one@example.org"),
            message(refused),
            message(refused),
        ]
    )
    (found,) = store.incidents()
    assert (found.failures, found.recipients) == (5, 2)


def test_a_refusal_that_names_no_host_is_part_of_what_goes_on(store: Store, message: Make) -> None:
    """And the first that names one says which it was."""
    nameless = _refused("a@example.com", "554 rejected by policy")
    store.observe([_seen(nameless, f"{n}@example.org") for n in range(2)])
    assert [one.ours for one in store.incidents()] == ["unknown"]
    store.record([_from(message(nameless), "one.example.org")])
    store.record([_from(message(nameless), "two.example.org")])
    store.observe([_seen(nameless, "3@example.org")])
    found = [(one.ours, one.failures) for one in store.incidents()]
    assert found == [("one.example.org", 3), ("two.example.org", 2)]


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
