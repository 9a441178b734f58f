"""An entry of somebody's suppression list: it blocks as of its date, and undoes nothing newer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bounced.causes import Cause
from bounced.model import Verdict
from bounced.policy import Effect, Event, Settings, What

START = datetime(2026, 1, 1, tzinfo=UTC)


def _listed(cause: Cause | None = Cause.SUPPRESSED, **fields: Any) -> Event:
    return Event(what=What.LISTED, cause=cause, who="ann", why="on a list", **fields)


def test_it_blocks_for_good_as_of_its_date(life: Any) -> None:
    """With the operator's name, and the rule and words where the list quotes a reply."""
    verdict = Verdict(cause=Cause.MAILBOX_UNKNOWN, rule="r", evidence="550 no such user")
    assert life.happens(_listed(None, verdict=verdict), 3).effect is Effect.BLOCKED

    state = life.state
    assert (state.since, state.expires_at) == (START + timedelta(days=3), None)
    assert (state.cause, state.rule, state.evidence) == (verdict.cause, "r", "550 no such user")
    assert (state.blocked_by, state.why) == ("ann", "imported by ann: on a list")


def test_what_is_older_than_the_end_of_a_block_is_settled(life: Any) -> None:
    """What is newer blocks."""
    life.happens(_listed(), 1)
    life.happens(Event(what=What.UNBLOCK, who="bob", why="works"), 5)

    assert life.happens(_listed(), 4).effect is Effect.RECORDED
    assert not life.state.blocked
    assert life.happens(_listed(), 6).effect is Effect.BLOCKED


@pytest.mark.parametrize("cause", list(Cause))
def test_a_later_delivery_refutes_all_but_a_wish(life: Any, cause: Cause) -> None:
    """A complaint, or an unsubscription, does not say that mail can't arrive."""
    life.happens(Event(what=What.DELIVERED), 5)
    wish = cause in (Cause.COMPLAINT, Cause.SUPPRESSED)

    made = life.happens(_listed(cause), 4)
    assert made.effect is (Effect.BLOCKED if wish else Effect.RECORDED)
    assert life.state.blocked is wish


def test_a_block_that_stands_gives_way_only_to_a_longer_one(lives: Any) -> None:
    """Its end is what the list says, else what is set for the cause."""
    life = lives(settings=Settings(expire={Cause.COMPLAINT: timedelta(days=10)}))
    until = START + timedelta(days=20)

    assert life.happens(_listed(Cause.COMPLAINT), 1).after.expires_at == START + timedelta(days=11)
    assert life.happens(_listed(Cause.COMPLAINT, until=until), 2).effect is Effect.EXTENDED
    assert life.state.expires_at == until
    assert life.happens(_listed(Cause.COMPLAINT), 3).effect is Effect.UNCHANGED
    assert life.happens(_listed(), 4).effect is Effect.EXTENDED
    assert (life.state.since, life.state.expires_at) == (START + timedelta(days=1), None)
