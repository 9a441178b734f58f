"""Many of one domain that are refused alike at once: the circuit breaker of rule 4 of the policy.

A provider whose directory is broken says "no such user" of everybody.  So of hard failures, too,
enough at a time are a storm: of one domain, for one cause, and more than a small share of the mail
to it.  The time is counted in steps, so that deliveries need no more than a number for each.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, Self

from bounced.policy.outage import Span, moved

SLOT: Final = timedelta(minutes=10)
"""Deliveries are counted in slots of this length, from the full hour on."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_STEPS: Final = 6


@dataclass(slots=True)
class Tally:
    """What is known of the mail to a domain in one step of time.

    ``recipients`` are those whom it refused: all, or at least as many as make a storm.
    """

    failures: int = 0
    delivered: int = 0
    recipients: set[Hashable] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Steps:
    """How time is cut: ``length`` steps of ``step``, whole slots each, are a window or more."""

    step: timedelta
    length: int

    @classmethod
    def of(cls, window: timedelta) -> Self:
        """Return the steps for windows as long as *window*: six at most, ten minutes at least."""
        step = max(1, -(-window // (_STEPS * SLOT))) * SLOT
        return cls(step, max(1, -(-window // step)))

    @property
    def reach(self) -> timedelta:
        """How long the windows are, then."""
        return self.step * self.length

    def number(self, at: datetime) -> int:
        """Return the number of the step that a time is in."""
        return (at - _EPOCH) // self.step

    def span(self, number: int) -> Span:
        """Return the first and last moment of a step."""
        first = moved(_EPOCH, number * self.step)
        return Span(first, moved(first, self.step - timedelta.resolution))


def slot(at: datetime) -> datetime:
    """Return the beginning of the slot that a time is in."""
    return at - (at - _EPOCH) % SLOT


def refusing(tallies: Sequence[Tally], *, length: int, recipients: int, share: float) -> set[int]:
    """Return which steps, by their places in *tallies*, are in a storm of hard failures.

    Those of any *length* steps in a row in which at least so many *recipients* were refused, and
    more than *share* percent of the mail whose outcome is known.
    """
    found: set[int] = set()
    for first in range(len(tallies) - length + 1):
        window = tallies[first : first + length]
        failures = sum(one.failures for one in window)
        if failures < recipients:
            continue
        known = failures + sum(one.delivered for one in window)
        if 100 * failures > share * known and _different(window) >= recipients:
            found.update(range(first, first + length))
    return found


def decisive(delivered: int, *, recipients: int, share: int) -> int:
    """Return how many failures are a storm for certain, with so many *delivered* and enough people.

    More of them in one step need not be counted.
    """
    if share >= 100:  # noqa: PLR2004 -- percent; then none is
        return recipients
    return max(recipients, share * delivered // (100 - share) + 1)


def _different(window: Iterable[Tally]) -> int:
    return len(set[Hashable]().union(*(one.recipients for one in window)))
