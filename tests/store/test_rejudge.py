"""Judging kept messages again: what is read otherwise takes the place of what was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bounced.causes import Cause
from bounced.model import Action, Judged, Kind, Reading, Report, Trust, Verdict
from bounced.policy import Effect, Policies, Settings
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
            assert message.raw == one.raw
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
    """As of the day of the message, as if it had been read so at once."""
    first = message("joe@example.com", day=3)
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


def test_a_block_that_had_expired_does_not_come_back(
    opened: Callable[..., Store], message: Make, one: One
) -> None:
    """Whether its end was noted or not, and whatever is judged again before it."""
    settings = Settings(expire={Cause.MAILBOX_UNKNOWN: timedelta(days=7)})
    store = opened(policies=Policies(default=settings))
    first = message("joe@example.com", day=-1)
    store.record([first, message(one("joe@example.com", Cause.MAILBOX_UNKNOWN), day=0)])
    store.sweep(START + timedelta(days=8))
    noted = store.history("joe@example.com")[-1]
    assert (noted.origin, noted.effect) == ("policy", Effect.UNBLOCKED)

    changed = replace(first, reading=_as(first, Cause.POLICY_REJECTED))
    for _ in store.rejudge(
        lambda _: changed, now=START + timedelta(days=9), since=first.received_at
    ):
        pass

    state = store.state("joe@example.com", now=START + timedelta(days=9))
    assert state
    assert not state.blocked
