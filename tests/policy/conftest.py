"""One address, a settable clock, and a way to let things happen to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from bounced.causes import Cause
from bounced.model import Verdict
from bounced.policy import AddressState, Decision, Effect, Event, Settings, What, decide

START = datetime(2026, 1, 1, tzinfo=UTC)


def blank() -> AddressState:
    """Return the state of an address that was never heard of."""
    return AddressState(address="Joe@example.com", key="joe@example.com")


@dataclass
class Life:
    """What happens to one address; times are days since the start."""

    settings: Settings = field(default_factory=Settings)
    state: AddressState = field(default_factory=blank)

    def happens(self, event: Event, day: float) -> Decision:
        """Let an event happen, and keep the state."""
        decision = decide(self.state, event, self.settings, START + timedelta(days=day))
        self.state = decision.after
        return decision

    def fails(
        self, day: float, cause: Cause = Cause.MAILBOX_FULL, already: Effect | None = None
    ) -> Decision:
        """Let a delivery fail."""
        verdict = Verdict(cause=cause, rule=f"test/{cause}", evidence=f"words of {day}")
        return self.happens(Event(what=What.FAILED, verdict=verdict, already=already), day)

    def delivered(self, day: float) -> Decision:
        """Let a delivery succeed."""
        return self.happens(Event(what=What.DELIVERED), day)

    def complains(self, day: float, already: Effect | None = None) -> Decision:
        """Let the recipient complain."""
        verdict = Verdict(cause=Cause.COMPLAINT, rule="feedback", evidence="Feedback-Type: abuse")
        return self.happens(Event(what=What.COMPLAINT, verdict=verdict, already=already), day)

    def operator(self, what: What, day: float) -> Decision:
        """Let an operator block or unblock."""
        return self.happens(Event(what=what, who="alice", why="a phone call"), day)


@pytest.fixture
def life() -> Life:
    """Return an address under the policy as it is by default."""
    return Life()


@pytest.fixture
def lives() -> type[Life]:
    """Return the way to make one under other settings."""
    return Life
