"""The rules of the policy, one by one; days are counted from the start of 2026."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bounced.causes import CAUSES, Cause, Type
from bounced.model import Trust, Verdict
from bounced.policy import Effect, Event, Settings, What

if TYPE_CHECKING:
    from conftest import Life

_HARD = [cause for cause, info in CAUSES.items() if info.type is Type.HARD]
_SOFT = [cause for cause, info in CAUSES.items() if info.type is Type.SOFT and info.counts]
_HARMLESS = [cause for cause, info in CAUSES.items() if not info.counts]


@pytest.mark.parametrize("cause", _HARD)
def test_a_hard_failure_blocks_at_once(life: Life, cause: Cause) -> None:
    """One is enough, and the block tells its cause, rule and evidence."""
    decision = life.fails(3, cause)

    assert decision.effect is Effect.BLOCKED
    assert decision.why == f"hard failure ({cause})"
    assert life.state.blocked
    assert life.state.since == datetime(2026, 1, 4, tzinfo=UTC)
    assert (life.state.cause, life.state.rule) == (cause, f"test/{cause}")
    assert life.state.evidence == "words of 3"
    assert life.state.blocked_by is None


@pytest.mark.parametrize("cause", _SOFT)
def test_the_fifth_soft_failure_in_a_row_blocks(life: Life, cause: Cause) -> None:
    """And none before it."""
    decisions = [life.fails(day, cause) for day in range(5)]

    assert [one.effect for one in decisions] == [Effect.COUNTED] * 4 + [Effect.BLOCKED]
    assert decisions[2].why == f"3rd soft failure in a row ({cause}); 5 block"
    assert life.state.type is Type.HARD
    assert life.state.soft_count == 5


@pytest.mark.parametrize("cause", _HARMLESS)
def test_what_is_not_the_recipients_doing_never_counts(life: Life, cause: Cause) -> None:
    """A hundred of them are on record, and block nobody."""
    decisions = [life.fails(day / 10, cause) for day in range(100)]

    assert {one.effect for one in decisions} == {Effect.RECORDED}
    assert decisions[0].why == f"{cause} says nothing about the recipient and never counts"
    assert (life.state.blocked, life.state.soft_count) == (False, 0)
    assert (life.state.cause, life.state.last_failure_at) == (
        cause,
        datetime(2026, 1, 10, 21, 36, tzinfo=UTC),
    )


def test_delays_never_count(life: Life) -> None:
    """A notice of delay changes nothing at all."""
    decision = life.happens(Event(what=What.DELAYED), 1)

    assert decision.effect is Effect.RECORDED
    assert not decision.changed


def test_what_is_only_noted_changes_nothing(life: Life) -> None:
    """An expanded mailing list is neither a failure nor a delivery."""
    assert not life.happens(Event(what=What.NOTED), 1).changed


def test_a_failure_without_verdict_is_only_recorded(life: Life) -> None:
    """Nobody is blocked for a reason that nobody knows."""
    assert life.happens(Event(what=What.FAILED), 1).effect is Effect.RECORDED


def test_a_delivery_starts_the_count_anew(life: Life) -> None:
    """Four failures, a delivery, and it takes five again."""
    for day in range(4):
        life.fails(day)

    decision = life.delivered(4)

    assert decision.effect is Effect.RESET
    assert decision.why == "delivered; 4 soft in a row forgotten"
    assert [life.fails(day).effect for day in range(5, 10)] == [
        *[Effect.COUNTED] * 4,
        Effect.BLOCKED,
    ]


def test_a_delivery_lifts_no_block(life: Life) -> None:
    """It is on record, and the address stays blocked."""
    life.fails(1, Cause.MAILBOX_UNKNOWN)

    assert life.delivered(2).effect is Effect.RECORDED
    assert life.state.blocked
    assert life.state.last_delivery_at == datetime(2026, 1, 3, tzinfo=UTC)


def test_a_delivery_to_an_address_without_failures_is_noted(life: Life) -> None:
    """There is nothing to forget, but its time is kept."""
    assert life.delivered(1).effect is Effect.RECORDED
    assert life.state.last_delivery_at is not None


def test_silence_longer_than_the_window_starts_the_count_anew(life: Life) -> None:
    """90 days are still in a row, and a second more is not."""
    life.fails(0)

    assert life.fails(90).why.startswith("2nd soft")
    assert life.fails(180.001).why.startswith("1st soft")


def test_silence_lifts_no_block(life: Life) -> None:
    """After ten years the address is as dead as before."""
    life.fails(1, Cause.MAILBOX_UNKNOWN)

    assert life.fails(3650).effect is Effect.UNCHANGED
    assert life.state.since == datetime(2026, 1, 2, tzinfo=UTC)


def test_one_message_counts_once(life: Life) -> None:
    """Another report for a message that has counted adds nothing."""
    life.fails(1)

    again = life.fails(2, already=Effect.COUNTED)

    assert again.effect is Effect.RECORDED
    assert again.why == "another report for this message has counted already"
    assert life.state.soft_count == 1


def test_a_hard_failure_may_follow_a_soft_one_for_the_same_message(life: Life) -> None:
    """The later report knows better, and blocks."""
    life.fails(1)

    assert life.fails(2, Cause.MAILBOX_UNKNOWN, already=Effect.COUNTED).effect is Effect.BLOCKED


def test_an_old_message_does_not_block_again_what_an_operator_has_unblocked(life: Life) -> None:
    """The message that blocked has had its say."""
    life.fails(1, Cause.MAILBOX_UNKNOWN)
    life.operator(What.UNBLOCK, 2)

    again = life.fails(3, Cause.MAILBOX_UNKNOWN, already=Effect.BLOCKED)

    assert again.effect is Effect.RECORDED
    assert not life.state.blocked


def test_failures_within_the_interval_count_once(lives: type[Life]) -> None:
    """With an interval of a day, a burst is one failure, and the next day is another."""
    life = lives(Settings(soft_interval=timedelta(days=1)))
    life.fails(1)

    burst = life.fails(1.5)

    assert burst.effect is Effect.RECORDED
    assert burst.why == "within 1 day of another failure, and these count once"
    assert life.fails(2).effect is Effect.COUNTED


def test_a_complaint_blocks(life: Life) -> None:
    """One is enough by default."""
    decision = life.complains(1)

    assert decision.effect is Effect.BLOCKED
    assert decision.why == "1st complaint; 1 blocks"
    assert life.state.cause is Cause.COMPLAINT


def test_a_complaint_without_a_verdict_blocks_too(life: Life) -> None:
    """What it was put down to is the same."""
    assert life.happens(Event(what=What.COMPLAINT), 1).after.cause is Cause.COMPLAINT


def test_with_a_limit_of_two_the_second_complaint_blocks(lives: type[Life]) -> None:
    """And the same complaint told twice is one."""
    life = lives(Settings(complaint_limit=2))

    assert life.complains(1).effect is Effect.COUNTED
    assert life.complains(2, already=Effect.COUNTED).effect is Effect.RECORDED
    assert life.complains(3).effect is Effect.BLOCKED


def test_an_operator_blocks_and_unblocks(life: Life) -> None:
    """With name and reason, and a clean start afterwards."""
    life.fails(0)

    assert life.operator(What.BLOCK, 1).why == "blocked by alice: a phone call"
    assert life.state.blocked_by == "alice"
    assert life.operator(What.BLOCK, 2).effect is Effect.UNCHANGED
    assert life.operator(What.UNBLOCK, 3).why == "unblocked by alice: a phone call"
    assert (life.state.blocked, life.state.soft_count, life.state.cause) == (False, 0, None)
    assert life.operator(What.UNBLOCK, 4).effect is Effect.UNCHANGED


def test_after_unblocking_it_takes_the_full_count_again(life: Life) -> None:
    """Neither soft failures nor complaints from before are kept."""
    for day in range(5):
        life.fails(day)
    life.operator(What.UNBLOCK, 5)

    assert [life.fails(day).effect for day in range(6, 11)][-1] is Effect.BLOCKED
    assert life.state.soft_count == 5


def test_a_block_expires_where_its_cause_has_a_time(lives: type[Life]) -> None:
    """After it the address starts clean; other causes block for good."""
    life = lives(Settings(expire={Cause.MAILBOX_FULL: timedelta(days=180)}))
    for day in range(5):
        life.fails(day)
    assert life.state.expires_at == datetime(2026, 1, 5, tzinfo=UTC) + timedelta(days=180)

    assert life.fails(183).effect is Effect.UNCHANGED
    assert life.fails(184).why.startswith("1st soft")
    assert life.fails(185, Cause.MAILBOX_UNKNOWN).after.expires_at is None


def test_a_block_gives_way_to_a_longer_one_only(lives: type[Life]) -> None:
    """Full for half a year, then unknown: blocked for good, since the beginning."""
    expire = {Cause.MAILBOX_FULL: timedelta(days=180), Cause.MAILBOX_MOVED: timedelta(days=1)}
    life = lives(Settings(expire=expire))
    for day in range(5):
        life.fails(day)

    assert life.fails(6, Cause.MAILBOX_MOVED).effect is Effect.UNCHANGED
    assert life.fails(7, Cause.MAILBOX_UNKNOWN).effect is Effect.EXTENDED
    assert life.state.since == datetime(2026, 1, 5, tzinfo=UTC)
    assert (life.state.expires_at, life.state.cause) == (None, Cause.MAILBOX_UNKNOWN)


def test_an_operators_block_makes_an_expiring_one_permanent(lives: type[Life]) -> None:
    """It is the operator's from then on."""
    life = lives(Settings(expire={Cause.MAILBOX_MOVED: timedelta(days=30)}))
    life.fails(1, Cause.MAILBOX_MOVED)

    assert life.operator(What.BLOCK, 2).effect is Effect.EXTENDED
    assert (life.state.expires_at, life.state.blocked_by) == (None, "alice")


def test_a_cause_that_blocks_for_no_time_blocks_nobody(lives: type[Life]) -> None:
    """An expiry of zero is how to switch a cause off."""
    life = lives(Settings(expire={Cause.MAILBOX_MOVED: timedelta(0)}))

    assert life.fails(1, Cause.MAILBOX_MOVED).effect is Effect.RECORDED
    assert not life.state.blocked


def test_a_decision_reads_as_effect_and_reason(life: Life) -> None:
    """As logs show it."""
    assert str(life.fails(1)) == "counted: 1st soft failure in a row (mailbox_full); 5 block"


def _report(trust: Trust | None, cause: Cause = Cause.MAILBOX_UNKNOWN, **fields: Any) -> Event:
    verdict = Verdict(cause=cause, rule="test", evidence="words")
    return Event(what=What.FAILED, verdict=verdict, trust=trust, **fields)


@pytest.mark.parametrize("trust", [None, *Trust])
@pytest.mark.parametrize("signed_only", [False, True])
def test_a_report_that_is_not_trusted_changes_nothing(
    lives: type[Life], trust: Trust | None, *, signed_only: bool
) -> None:
    """A forged one never does; where only signed ones count, no other. What is no report does."""
    life = lives(Settings(signed_only=signed_only))
    believed = trust in (None, Trust.SIGNED) or (not signed_only and trust is not Trust.FORGED)

    decision = life.happens(_report(trust), 1)

    assert life.state.blocked is believed
    assert believed or decision.before == decision.after


def test_why_a_report_is_not_trusted_is_said(lives: type[Life]) -> None:
    """With what it is."""
    life = lives(Settings(signed_only=True))
    assert life.happens(_report(Trust.FORGED), 1).why == (
        "the signature of its return path is wrong: forged"
    )
    assert life.happens(_report(Trust.UNSIGNED), 1).why == (
        "unsigned, and only signed reports change anything here"
    )


def test_a_failure_that_is_set_aside_changes_nothing(life: Life) -> None:
    """The reason for it is the reason given."""
    decision = life.happens(_report(None, aside="named twice"), 1)
    assert (decision.effect, decision.why) == (Effect.RECORDED, "named twice")


def test_a_soft_failure_in_a_storm_does_not_count(life: Life) -> None:
    """Nor does a hard one block, but that is kept in mind."""
    soft = life.happens(_report(None, Cause.MAILBOX_FULL, storm=True), 1)
    assert (soft.effect, life.state.soft_count) == (Effect.RECORDED, 0)
    hard = life.happens(_report(None, storm=True), 2)
    assert (hard.effect, life.state.blocked) == (Effect.SPARED, False)
    assert "blocks nobody until it is confirmed" in hard.why
    assert life.state.first_spared_at == life.state.last_spared_at


def test_a_server_down_for_longer_than_two_weeks_is_down_for_good(life: Life) -> None:
    """Exactly two weeks are not longer; and in a storm nobody is blocked for it."""
    since = datetime(2026, 1, 1, tzinfo=UTC)
    down = _report(None, Cause.SERVER_DOWN, down_since=since)
    assert life.happens(down, 14).effect is Effect.COUNTED
    storm = _report(None, Cause.SERVER_DOWN, down_since=since, storm=True)
    assert life.happens(storm, 15).effect is Effect.RECORDED
    decision = life.happens(down, 15.1)
    assert decision.effect is Effect.BLOCKED
    assert decision.why == "its server has been down for 15 days, by every report: for good"
