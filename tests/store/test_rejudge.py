"""Judging kept messages again: what is read otherwise takes the place of what was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bounced.causes import Cause
from bounced.model import Action, Envelope, Judged, Kind, Reading, Report, Trust, Typed, Verdict
from bounced.policy import Effect, Settings
from bounced.store import Changes, Incoming, Kept, Sent, Store, schema

Make = Callable[..., Incoming]
One = Callable[..., Judged]
START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = START + timedelta(days=100)
Judge = Callable[..., Changes]


@pytest.fixture
def again(store: Store) -> Judge:
    """Return a function that judges again with readings of one's own, by fingerprint."""

    def judge(readings: dict[str, Reading], known: list[Incoming], **options: Any) -> Changes:
        kept = {one.fingerprint: one for one in known}

        def read(message: Kept) -> Incoming:
            one = kept[message.fingerprint]
            assert (message.raw, message.envelope) == (one.raw, one.envelope)
            return replace(one, reading=readings.get(one.fingerprint, one.reading))

        total = Changes(0, [], [])
        for some in store.rejudge(read, now=NOW, **options):
            total = Changes(
                total.read + some.read, total.told + some.told, total.decisions + some.decisions
            )
        return total

    return judge


def _as(incoming: Incoming, cause: Cause) -> Reading:
    """Return the reading of *incoming* with another cause."""
    verdict = Verdict(cause=cause, rule="new", evidence="as before")
    judged = tuple(replace(one, verdict=verdict) for one in incoming.reading.judged)
    return replace(incoming.reading, judged=judged)


def test_a_verdict_that_turns_hard_blocks_from_then_on(
    store: Store, message: Make, again: Judge
) -> None:
    """As of the day of the message, as if it had been read so at once; with its envelope."""
    envelope = Envelope(reverse_path="", parameters="AUTH=<>", forward_parameters=("NOTIFY=NEVER",))
    first = message("joe@example.com", day=3, envelope=envelope)
    store.record([first])

    found = again({first.fingerprint: _as(first, Cause.MAILBOX_UNKNOWN)}, [first])

    assert (found.read, len(found.told)) == (1, 1)
    assert [one.effect for one in found.decisions] == [Effect.BLOCKED]
    state = store.state("joe@example.com", now=NOW)
    assert state
    assert (state.blocked, state.since) == (True, START + timedelta(days=3))
    assert (state.cause, state.rule) == (Cause.MAILBOX_UNKNOWN, "new")


def test_a_verdict_that_turns_soft_unblocks(
    store: Store, message: Make, one: One, again: Judge
) -> None:
    """What came afterwards counts in its turn."""
    hard = message(one("joe@example.com", Cause.MAILBOX_UNKNOWN), day=1)
    soft = message("joe@example.com", day=2)
    store.record([hard, soft])

    again({hard.fingerprint: _as(hard, Cause.MAILBOX_FULL)}, [hard, soft])

    state = store.state("joe@example.com", now=NOW)
    assert state
    assert (state.blocked, state.soft_count) == (False, 2)
    effects = [entry.effect for entry in store.history("joe@example.com")]
    assert effects[-1] is Effect.UNBLOCKED


def test_a_dry_run_says_the_same_and_changes_nothing(
    store: Store, message: Make, again: Judge, rows: Callable[[str], list[Any]]
) -> None:
    """Down to the last row."""
    kept = [message("joe@example.com", day=day) for day in range(3)]
    store.record(kept)
    others = {one.fingerprint: _as(one, Cause.MAILBOX_DISABLED) for one in kept[1:]}
    before = [rows(name) for name in schema.metadata.tables]

    dry = again(others, kept, dry_run=True)
    assert before == [rows(name) for name in schema.metadata.tables]
    real = again(others, kept)

    assert dry.told == real.told
    assert [one.after.blocked for one in dry.decisions] == [True]
    assert dry.decisions == real.decisions


def test_judging_twice_changes_nothing_more(store: Store, message: Make, again: Judge) -> None:
    """The second time everything is read as it is on record."""
    first = message("joe@example.com")
    store.record([first])
    others = {first.fingerprint: _as(first, Cause.MAILBOX_UNKNOWN)}
    again(others, [first])
    assert again(others, [first]) == Changes(1, [], [])


def test_a_message_that_was_not_understood_takes_effect(
    store: Store, message: Make, one: One, again: Judge
) -> None:
    """In its place among the others: the operator's unblocking came later, and stands."""
    other = message("ann@example.com", day=0)
    report = Report(kind=Kind.UNRECOGNISED, source="none")
    unread = message(reading=Reading(report=report), day=1)
    later = message(one("joe@example.com", Cause.MAILBOX_UNKNOWN), day=2)
    store.record([other, unread, later])
    store.unblock("joe@example.com", why="a mistake", who="alice", now=START + timedelta(days=3))
    read = message(one("joe@example.com", Cause.MAILBOX_UNKNOWN)).reading
    again({unread.fingerprint: read}, [other, unread, later])

    state = store.state("joe@example.com", now=NOW)
    assert state
    assert (state.blocked, state.cleared_at) == (False, START + timedelta(days=3))
    effects = [entry.effect for entry in store.history("joe@example.com")]
    assert Effect.UNBLOCKED in effects


def test_a_recipient_that_is_no_longer_read_is_taken_back(
    store: Store, message: Make, one: One, again: Judge
) -> None:
    """A contact address that was taken for the recipient goes free."""
    first = message(one("help@example.com", Cause.MAILBOX_UNKNOWN))
    store.record([first])
    right = message(one("joe@example.com", Cause.MAILBOX_UNKNOWN)).reading

    again({first.fingerprint: right}, [first])

    blocked = [state.address for state in store.states(now=NOW, blocked=True)]
    assert blocked == ["joe@example.com"]


@pytest.mark.parametrize("store", [Settings(storm_recipients=4)], indirect=True)
def test_revisions_of_revisions_are_right(store: Store, message: Make, again: Judge) -> None:
    """A storm takes back; then the verdict before it changes; then one behind it."""
    kept = [message("joe@example.com", day=day) for day in (0, 10, 20)]
    store.record(kept)
    storm = [message(f"u{n}@example.com", day=10) for n in range(3)]
    store.record(storm)
    state = store.state("joe@example.com", now=NOW)
    assert state
    assert state.soft_count == 2

    everything = kept + storm
    again({kept[2].fingerprint: _as(kept[2], Cause.RATE_LIMITED)}, everything)
    state = store.state("joe@example.com", now=NOW)
    assert state
    assert state.soft_count == 1

    others = {
        kept[2].fingerprint: _as(kept[2], Cause.RATE_LIMITED),
        kept[0].fingerprint: _as(kept[0], Cause.RATE_LIMITED),
    }
    again(others, everything)
    state = store.state("joe@example.com", now=NOW)
    assert state
    assert state.soft_count == 0


def test_a_revision_that_changes_only_what_lay_between_is_remembered(
    store: Store, message: Make, one: One, again: Judge
) -> None:
    """A delivery hides the first change; when it is read otherwise, the change shows."""
    kept = [message("joe@example.com", day=day) for day in range(4)]
    proof = message(one("joe@example.com", None, Action.DELIVERED), day=4)
    last = message("joe@example.com", day=5)
    everything = [*kept, proof, last]
    store.record(everything)

    others = {kept[0].fingerprint: _as(kept[0], Cause.POLICY_REJECTED)}
    assert again(others, everything).decisions == []
    others[proof.fingerprint] = message(one("joe@example.com", None, Action.EXPANDED)).reading
    again(others, everything)

    state = store.state("joe@example.com", now=NOW)
    assert state
    assert (state.blocked, state.soft_count) == (False, 4)


@pytest.mark.parametrize("store", [Settings(storm_recipients=4)], indirect=True)
def test_a_storm_takes_back_what_was_judged_again(
    store: Store, message: Make, again: Judge
) -> None:
    """From the place where it stands, not from when it was judged."""
    kept = [message("joe@example.com", day=day) for day in (0, 1)]
    store.record(kept)
    again({kept[0].fingerprint: _as(kept[0], Cause.SERVER_ERROR)}, kept)
    full = [message(f"u{n}@example.com", day=0) for n in range(4)]
    store.record([message(reading=_as(each, Cause.SERVER_ERROR), day=0) for each in full])

    state = store.state("joe@example.com", now=NOW)
    assert state
    assert state.soft_count == 1


def test_what_counts_anew_has_counted(store: Store, message: Make, again: Judge) -> None:
    """A second report of the same mail finds what the first does now, not what it did then."""
    first = message("joe@example.com", day=0, original="one@example.org")
    store.record([first])
    again({first.fingerprint: _as(first, Cause.MAILBOX_UNKNOWN)}, [first])
    store.unblock("joe@example.com", why="well again", who="anna", now=START + timedelta(days=2))

    second = message("joe@example.com", day=3, original="one@example.org")
    store.record([replace(second, reading=_as(second, Cause.MAILBOX_UNKNOWN))])

    state = store.state("joe@example.com", now=NOW)
    assert state
    assert not state.blocked


def test_a_message_that_was_ours_stays_ours_when_that_is_forgotten(
    store: Store, message: Make, again: Judge
) -> None:
    """What told us of it then is gone: the reading of today would move the block elsewhere."""
    store.told([Sent(name="one@example.org", address="alias@example.net", at=START, stream="news")])
    report = message("target@example.com", day=1, original="one@example.org")
    (recorded,) = store.record([report])
    assert recorded.claim.trust is Trust.CORRELATED
    before = list(store.states(now=NOW))
    store.forget_sent(NOW)

    found = again({report.fingerprint: _as(report, Cause.MAILBOX_UNKNOWN)}, [report])

    assert found == Changes(1, [], [])
    assert list(store.states(now=NOW)) == before


WEEK = pytest.mark.parametrize(
    "store", [Settings(expire={Cause.MAILBOX_UNKNOWN: timedelta(days=7)})], indirect=True
)


@WEEK
def test_a_block_that_was_over_stays_over(store: Store, message: Make, one: One) -> None:
    """Its end, which the sweep has noted, is decided anew in its place.

    So what came after it and tells of the time before finds the address cleared, as it did then.
    """
    now = START + timedelta(days=9)
    first = message("joe@example.com", day=-1)
    hard = message(one("joe@example.com", Cause.MAILBOX_UNKNOWN), day=0)
    late = message(one("joe@example.com", Cause.MAILBOX_UNKNOWN), day=5)
    store.record([first, hard])
    store.sweep(START + timedelta(days=8))
    noted = store.history("joe@example.com")[-1]
    assert (noted.origin, noted.effect) == ("policy", Effect.UNBLOCKED)
    store.record([late])

    first = replace(first, reading=_as(first, Cause.POLICY_REJECTED))
    today = {one.fingerprint: one for one in (first, hard, late)}
    found = list(store.rejudge(lambda kept: today[kept.fingerprint], now=now))
    assert [change.queue_id for some in found for change in some.told] == [first.queue_id]

    state = store.state("joe@example.com", now=now)
    assert state
    assert not state.blocked


@WEEK
def test_a_block_that_would_be_over_by_now_is_none(
    store: Store, message: Make, again: Judge
) -> None:
    """Nobody is told of one."""
    first = message("joe@example.com", day=0)
    store.record([first])

    found = again({first.fingerprint: _as(first, Cause.MAILBOX_UNKNOWN)}, [first])

    assert [one.effect for one in found.decisions] == [Effect.REVISED]
    state = store.state("joe@example.com", now=NOW)
    assert state
    assert not state.blocked


SMALL = pytest.mark.parametrize("store", [Settings(storm_recipients=3)], indirect=True)
MINUTE = 1 / 1440


def _counts(store: Store) -> dict[str, int]:
    return {one.key: one.soft_count for one in store.states(now=NOW) if one.soft_count}


@SMALL
def test_a_storm_of_which_too_little_is_left_is_none(
    store: Store, message: Make, again: Judge, rows: Callable[[str], list[Any]]
) -> None:
    """Whom it had spared is decided on as if there had never been one."""
    kept = [message(f"u{n}@example.com", day=n * MINUTE) for n in range(3)]
    store.record(kept)
    assert len(store.storms()) == 1

    again({one.fingerprint: _as(one, Cause.MAILBOX_UNKNOWN) for one in kept[1:]}, kept)

    assert store.storms(everything=True) == []
    assert _counts(store) == {"u0@example.com": 1}
    assert [row.storm_id for row in rows("events")] == [None] * len(rows("events"))
    assert store.history("u0@example.com")[-1].why == "judged again"


@SMALL
def test_a_storm_of_which_enough_is_left_goes_on_without_the_rest(
    store: Store, message: Make, again: Judge
) -> None:
    """From the first that is left to the last."""
    kept = [message(f"u{n}@example.com", day=n * MINUTE) for n in range(5)]
    store.record(kept)
    hard = [kept[0], kept[4]]
    again({one.fingerprint: _as(one, Cause.MAILBOX_UNKNOWN) for one in hard}, kept)
    (storm,) = store.storms()
    assert storm.recipients == 3
    assert (storm.started_at, storm.last_at) == (kept[1].received_at, kept[3].received_at)
    assert _counts(store) == {}


@SMALL
def test_who_is_in_another_storm_is_spared_still(
    store: Store, message: Make, one: One, again: Judge
) -> None:
    """The domain's is none, and the provider's is one: nothing counts in either."""

    def of(address: str) -> Judged:
        found = one(address)
        there = replace(found.recipient, remote_mta=Typed("dns", "mx.example.net"))
        return replace(found, recipient=there)

    kept = [message(of(f"u{n}@example.com"), day=n * MINUTE) for n in range(3)]
    kept += [message(of(f"v{n}@v{n}.example.org"), day=n * MINUTE) for n in range(2)]
    store.record(kept)
    again({kept[0].fingerprint: _as(kept[0], Cause.MAILBOX_UNKNOWN)}, kept)
    found = [(storm.scope, storm.recipients) for storm in store.storms(everything=True)]
    assert found == [("provider", 4)]
    assert _counts(store) == {}


@SMALL
def test_a_failure_that_is_read_as_another_recipients_is_counted_once(
    store: Store, message: Make, one: One, again: Judge
) -> None:
    """What a message said before is no second failure beside what it says now."""
    kept = [message(f"u{n}@example.com", day=n * MINUTE) for n in range(2)]
    store.record(kept)
    other = replace(kept[0].reading, judged=(one("other@example.com"),))
    again({kept[0].fingerprint: other}, kept)
    assert store.storms(everything=True) == []
    assert _counts(store) == {"other@example.com": 1, "u1@example.com": 1}


def test_what_is_read_as_our_fault_opens_an_incident(
    store: Store, message: Make, one: One, again: Judge
) -> None:
    """With the time of the message."""
    first = message(one("joe@example.com", Cause.MAILBOX_UNKNOWN), day=3)
    store.record([first])
    again({first.fingerprint: _as(first, Cause.SENDER_BLOCKED)}, [first])
    (found,) = store.incidents()
    assert (found.cause, found.failures, found.recipients) == (Cause.SENDER_BLOCKED, 1, 1)
    assert found.opened_at == first.received_at


def test_an_incident_in_which_nothing_is_left_is_closed(
    store: Store, message: Make, one: One, again: Judge
) -> None:
    """What is left of another stays counted; one mail that was told of twice leaves it once."""
    blocked = [
        message(one(who, Cause.SENDER_BLOCKED), day=day, original=f"{day}@example.org")
        for who, day in (("a@example.com", 0), ("a@example.com", 0), ("b@example.com", 1))
    ]
    store.record(blocked)
    new = {it.fingerprint: _as(it, Cause.MAILBOX_UNKNOWN) for it in blocked}

    def found() -> list[tuple[int, int, str | None]]:
        told = store.incidents(everything=True)
        return [(it.failures, it.recipients, it.closed_by) for it in told]

    assert found() == [(2, 2, None)]
    again({key: new[key] for key in list(new)[:1]}, blocked)
    assert found() == [(2, 2, None)]
    again({key: new[key] for key in list(new)[:2]}, blocked)
    assert found() == [(1, 1, None)]
    again(new, blocked)
    assert found() == [(0, 0, "rejudge")]


def test_two_refusals_of_one_recipient_leave_an_incident_together(
    store: Store, message: Make, one: One, again: Judge
) -> None:
    """Of two mails, judged again in one go."""
    refused = one("a@example.com", Cause.SENDER_BLOCKED)
    both = [message(refused, day=day, original=f"{day}@example.org") for day in (0, 1)]
    store.record(both)
    again({it.fingerprint: _as(it, Cause.MAILBOX_FULL) for it in both}, both)
    (found,) = store.incidents(everything=True)
    assert (found.failures, found.recipients, found.closed_by) == (0, 0, "rejudge")


def test_a_server_that_had_answered_was_not_down_for_good(
    store: Store, message: Make, one: One, again: Judge
) -> None:
    """As one of the reports is read now."""
    kept = [
        message(one(f"{who}@example.com", Cause.SERVER_DOWN), day=day)
        for day, who in ((0, "joe"), (6, "ann"), (13, "bob"), (15, "eve"))
    ]
    store.record(kept)
    assert [state.key for state in store.states(now=NOW, blocked=True)] == ["eve@example.com"]
    again({kept[2].fingerprint: _as(kept[2], Cause.MAILBOX_FULL)}, kept)
    assert list(store.states(now=NOW, blocked=True)) == []
