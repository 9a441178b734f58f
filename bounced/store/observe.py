"""What our own SMTP client saw: rejections as facts, and of deliveries those that matter.

A sender delivers a million mails for one that fails.  A delivery matters where it ends something: a
run of soft failures, the silence of a server that was down; or where the address is blocked, which
mail to it should not have passed.  Others are noted once a day at most, and only where the address
is known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from bounced.address import domain_of
from bounced.policy import AddressState, Decision, Policies, What
from bounced.store import state
from bounced.store.apply import Effects, Source, take_effect
from bounced.store.down import doubted
from bounced.store.facts import Fact, of_dialogue
from bounced.store.judge import Memory, judge
from bounced.store.state import Place
from bounced.store.values import Observed

_OFTEN: Final = timedelta(days=1)


def observe(
    connection: Connection,
    batch: Sequence[Observed],
    policies: Policies,
    also: Callable[[Connection], None] | None,
) -> tuple[list[Decision | None], Effects]:
    """Record *batch*, and do *also*; return what each did, ``None`` for what is no address."""
    facts = [of_dialogue(one) for one in batch]
    matter = _matters(connection, facts)
    effects = take_effect(connection, [Source([one]) for one in facts if matter(one)], policies)
    if also:
        also(connection)
    done = iter(effects.entries)
    decisions = [
        next(done)[-1].decision if matter(one) else _nothing(one, policies) for one in facts
    ]
    return decisions, effects


def _matters(connection: Connection, facts: Sequence[Fact]) -> Callable[[Fact], bool]:
    """Return what says whether a fact is worth a line in the history."""
    delivered = [one for one in facts if one.what is What.DELIVERED and one.place]
    places = {one.place for one in delivered if one.place}
    failing = {one.place for one in facts if one.what is not What.DELIVERED}
    known = state.load(connection, places, lock=False)
    times: dict[str, datetime] = {}
    for one in delivered:
        domain = domain_of(one.place.key) if one.place else ""
        times[domain] = min(one.at, times.get(domain, one.at))
    down = doubted(connection, times)

    def matters(fact: Fact) -> bool:
        at = fact.place
        if fact.what is not What.DELIVERED or at is None:
            return True
        return at in failing or domain_of(at.key) in down or _ends(known, at, fact)

    return matters


def _ends(known: dict[Place, AddressState], at: Place, fact: Fact) -> bool:
    found = known.get(at)
    if found is None:
        return False
    last = found.last_delivery_at
    return found.blocked or found.soft_count > 0 or last is None or fact.at - last > _OFTEN


def _nothing(fact: Fact, policies: Policies) -> Decision | None:
    """Return what a delivery does that is not worth a line."""
    return judge([fact], Memory(), policies)[-1].decision
