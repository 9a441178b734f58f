"""What holds for the policy whatever happens, and in whatever order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bounced.causes import Cause, Type
from bounced.model import Trust, Verdict
from bounced.policy import BLOCKING, AddressState, Effect, Event, Settings, What, decide

START = datetime(2026, 1, 1, tzinfo=UTC)
_BLANK = AddressState(address="joe@example.com", key="joe@example.com")
_VERDICTS = st.builds(
    Verdict, cause=st.sampled_from(list(Cause)), rule=st.just("test"), evidence=st.just("words")
)
_EVENTS = st.builds(
    Event,
    what=st.sampled_from(list(What)),
    verdict=st.none() | _VERDICTS,
    already=st.none() | st.sampled_from(list(Effect)),
    trust=st.none() | st.sampled_from(list(Trust)),
    aside=st.none() | st.just("named twice"),
    storm=st.booleans(),
    down_since=st.none() | st.integers(0, 4000).map(lambda hours: START + timedelta(hours=hours)),
    who=st.just("alice"),
    why=st.just("because"),
)
_TIMES = st.integers(0, 400).map(lambda hours: START + timedelta(hours=10 * hours))
_SETTINGS = st.builds(
    Settings,
    soft_limit=st.integers(1, 6),
    soft_window=st.integers(0, 90).map(lambda days: timedelta(days=days)),
    soft_interval=st.integers(0, 48).map(lambda hours: timedelta(hours=hours)),
    complaint_limit=st.integers(1, 3),
    down_after=st.integers(0, 30).map(lambda days: timedelta(days=days)),
    signed_only=st.booleans(),
    expire=st.dictionaries(
        st.sampled_from(list(Cause)), st.integers(0, 60).map(lambda days: timedelta(days=days))
    ),
)
_LIVES = st.lists(st.tuples(_EVENTS, _TIMES), max_size=30)


def _changes_nothing(event: Event, given: Settings) -> bool:
    unsigned = event.trust not in (None, Trust.SIGNED)
    return bool(event.aside) or event.trust is Trust.FORGED or (given.signed_only and unsigned)


def _may_block(event: Event) -> bool:
    counts = event.verdict is not None and event.verdict.cause.info.counts
    return event.what in (What.BLOCK, What.LISTED, What.COMPLAINT) or (
        event.what is What.FAILED and counts
    )


@settings(deadline=None, max_examples=400)
@given(_LIVES, _SETTINGS)
def test_whatever_happens_these_hold(life: list[tuple[Event, datetime]], given: Settings) -> None:
    """Only what may block blocks, only operators and time unblock, and counts stay in bounds."""
    state = _BLANK
    for event, now in life:
        decision = decide(state, event, given, now)
        before, after = decision.before, decision.after

        if _changes_nothing(event, given):
            assert before == after
            assert decision.effect is Effect.RECORDED
        if after.blocked and not before.blocked:
            assert _may_block(event)
            assert decision.effect is Effect.BLOCKED
        if before.blocked and not after.blocked:
            assert event.what is What.UNBLOCK
        if state.blocked and not before.blocked:
            assert state.expires_at is not None
            assert state.expires_at <= now
        assert (decision.effect in BLOCKING) <= after.blocked
        assert after.soft_count >= 0
        assert after.blocked or after.soft_count < given.soft_limit or given.expire
        assert after.blocked == (after.since is not None)
        assert (
            not after.first_soft_at
            or not after.last_soft_at
            or (after.first_soft_at <= after.last_soft_at)
        )
        assert after.why is None or after.blocked
        assert decision.why
        assert decision.why == decision.why.strip()
        state = after


@settings(deadline=None, max_examples=200)
@given(st.lists(_TIMES, min_size=1, max_size=12), st.randoms())
def test_in_no_order_do_soft_failures_block_earlier_than_in_theirs(
    times: list[datetime], random: object
) -> None:
    """Told out of order, a count is never higher than the number of failures that there were."""
    event = Event(
        what=What.FAILED, verdict=Verdict(cause=Cause.MAILBOX_FULL, rule="test", evidence="")
    )
    shuffled = list(times)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    state = _BLANK
    for number, now in enumerate(shuffled, 1):
        state = decide(state, event, Settings(), now).after
        assert state.soft_count <= number
        assert state.blocked <= (number >= 5)


@settings(deadline=None, max_examples=200)
@given(_LIVES, _TIMES)
def test_deciding_twice_is_deciding_once(life: list[tuple[Event, datetime]], now: datetime) -> None:
    """It depends on its arguments alone, and leaves them as they were."""
    state = _BLANK
    for event, at in life:
        state = decide(state, event, Settings(), at).after
    event = Event(
        what=What.FAILED, verdict=Verdict(cause=Cause.MAILBOX_UNKNOWN, rule="test", evidence="")
    )

    first, second = (decide(state, event, Settings(), now) for _ in range(2))

    assert first == second
    assert first.after.type is Type.HARD or first.effect is Effect.RECORDED
