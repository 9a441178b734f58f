"""What the policy knows, hears and answers: values, and how a state passes with time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from bounced.causes import Cause, Type
from bounced.model import Trust, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The numbers of the policy.  A cause without an entry in ``expire`` blocks for good.

    ``hard_storm_share`` is in percent.  ``signed_only``: reports without our signature change
    nothing (``trust = "signed"``).
    """

    soft_limit: int = 5
    soft_window: timedelta = timedelta(days=90)
    soft_interval: timedelta = timedelta(0)
    complaint_limit: int = 1
    storm_recipients: int = 50
    storm_window: timedelta = timedelta(hours=1)
    hard_storm_recipients: int = 50
    hard_storm_share: int = 10
    confirm_after: timedelta = timedelta(days=30)
    down_after: timedelta = timedelta(days=14)
    signed_only: bool = False
    expire: Mapping[Cause, timedelta] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """The numbers for each stream that has its own, and those for all others."""

    default: Settings = Settings()
    streams: Mapping[str, Settings] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, stream: str) -> Settings:
        """Return the numbers that hold in *stream*."""
        return self.streams.get(stream, self.default)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressState:
    """What is known of one address in one stream.

    ``cause``, ``rule`` and ``evidence`` are those of the block, or of the last failure where
    nothing is blocked.  ``blocked_by`` is the operator, ``None`` where reports did it; ``why`` is
    the sentence of the decision that blocked.  The run of soft failures lasts from
    ``first_soft_at`` to ``last_soft_at``; the hard failures that storms have spared, and that no
    delivery has refuted, from ``first_spared_at`` to ``last_spared_at``.  What is older than
    ``cleared_at``, the end of the last block, is settled.
    """

    address: str
    key: str
    stream: str = "default"
    blocked: bool = False
    since: datetime | None = None
    expires_at: datetime | None = None
    blocked_by: str | None = None
    why: str | None = None
    cause: Cause | None = None
    rule: str | None = None
    evidence: str | None = None
    soft_count: int = 0
    first_soft_at: datetime | None = None
    last_soft_at: datetime | None = None
    first_spared_at: datetime | None = None
    last_spared_at: datetime | None = None
    last_failure_at: datetime | None = None
    last_delivery_at: datetime | None = None
    complaints: int = 0
    cleared_at: datetime | None = None

    @property
    def type(self) -> Type | None:
        """Hard while blocked: enough soft failures turn hard; else by the cause."""
        if self.blocked:
            return Type.HARD
        return self.cause.info.type if self.cause else None


class What(StrEnum):
    """The kinds of events."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    COMPLAINT = "complaint"
    LISTED = "listed"
    BLOCK = "block"
    UNBLOCK = "unblock"
    NOTED = "noted"
    REVISED = "revised"


class Effect(StrEnum):
    """What an event did to the state of its address."""

    BLOCKED = "blocked"
    EXTENDED = "extended"
    COUNTED = "counted"
    SPARED = "spared"
    RESET = "reset"
    UNBLOCKED = "unblocked"
    RECORDED = "recorded"
    UNCHANGED = "unchanged"
    REVISED = "revised"


BLOCKING: Final = frozenset({Effect.BLOCKED, Effect.EXTENDED})
"""The effects after which an address is blocked that was not, or is for longer."""

COUNTING: Final = BLOCKING | {Effect.COUNTED, Effect.SPARED}
"""The effects by which one message has done what it does; another report of it does no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to one address.

    ``already`` is what an earlier report of the same kind for the same message did to this address,
    ``None`` for a message not heard of before.  ``trust`` is ``None`` for what no report says: our
    own SMTP client, an operator.  ``aside`` is a reason, known beforehand, to change nothing.
    ``storm``: many of its domain fail alike at that time; ``down_since``: since when every report
    says that the domain's server is down.  ``who`` and ``why`` are the operator's; ``until`` is
    when a list says that its block ends.
    """

    what: What
    verdict: Verdict | None = None
    already: Effect | None = None
    trust: Trust | None = None
    aside: str | None = None
    storm: bool = False
    down_since: datetime | None = None
    cause: Cause | None = None
    who: str | None = None
    why: str | None = None
    until: datetime | None = None

    @property
    def repeated(self) -> bool:
        """Whether this message has counted already."""
        return self.already in COUNTING


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What an event does: the effect, the state before and after, and one sentence saying why."""

    effect: Effect
    before: AddressState
    after: AddressState
    why: str

    @property
    def changed(self) -> bool:
        """Whether there is anything to write down beside the event itself."""
        return self.before != self.after

    def __str__(self) -> str:
        """Return effect and reason, as logs and people want them."""
        return f"{self.effect}: {self.why}"


def as_of(state: AddressState, now: datetime) -> AddressState:
    """Return *state* as it is at *now*: a block whose time is over has left it clean."""
    if not state.blocked or state.expires_at is None or state.expires_at > now:
        return state
    return cleared(state, state.expires_at)


def cleared(state: AddressState, at: datetime) -> AddressState:
    """Return *state* after its block ended *at*: clean, but for the dates of what happened."""
    return AddressState(
        address=state.address,
        key=state.key,
        stream=state.stream,
        last_failure_at=state.last_failure_at,
        last_delivery_at=state.last_delivery_at,
        cleared_at=latest(state.cleared_at, at),
    )


def latest(known: datetime | None, now: datetime) -> datetime:
    """Return the later of two times, of which the first may be unknown."""
    return now if known is None else max(known, now)
