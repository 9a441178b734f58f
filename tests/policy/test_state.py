"""How a state passes with time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bounced.causes import Cause, Type
from bounced.policy import AddressState, as_of

NOW = datetime(2026, 1, 1, tzinfo=UTC)
BLOCKED = AddressState(
    address="joe@example.com",
    key="joe@example.com",
    blocked=True,
    since=NOW,
    expires_at=NOW + timedelta(days=1),
    cause=Cause.MAILBOX_FULL,
    soft_count=5,
    complaints=1,
    last_failure_at=NOW,
)


def test_a_block_lasts_until_its_end_and_not_longer() -> None:
    """At the very moment of its end it has ended."""
    end = NOW + timedelta(days=1)

    assert as_of(BLOCKED, end - timedelta(microseconds=1)) is BLOCKED
    assert not as_of(BLOCKED, end).blocked


def test_what_has_ended_leaves_only_dates() -> None:
    """The address starts clean, and it is known since when."""
    after = as_of(BLOCKED, NOW + timedelta(days=9))

    assert after == AddressState(
        address="joe@example.com",
        key="joe@example.com",
        last_failure_at=NOW,
        cleared_at=NOW + timedelta(days=1),
    )


def test_a_block_without_end_does_not_pass() -> None:
    """Silence never lifts a block."""
    forever = replace(BLOCKED, expires_at=None)

    assert as_of(forever, datetime.max.replace(tzinfo=UTC)) is forever


def test_the_type_is_hard_while_blocked_and_the_causes_otherwise() -> None:
    """Five soft failures turn hard."""
    assert BLOCKED.type is Type.HARD
    assert replace(BLOCKED, blocked=False).type is Type.SOFT
    assert replace(BLOCKED, blocked=False, cause=None).type is None
