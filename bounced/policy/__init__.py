"""When an address is blocked: what is known of it, what happened, and now -> a decision.

Pure: the clock is the argument ``now``, the time of the event.  Events may come out of order (a
replayed archive, a slow queue); an older one never undoes what a later one has settled.  Nothing
but a failure that counts, a complaint or an operator ever blocks, and nothing but an operator or
the time set for its cause ever lifts a block.
"""

from __future__ import annotations

from bounced.policy.blocking import block_end
from bounced.policy.decide import decide, untrusted
from bounced.policy.state import (
    BLOCKING,
    COUNTING,
    AddressState,
    Decision,
    Effect,
    Event,
    Policies,
    Settings,
    What,
    as_of,
    latest,
)

__all__ = [
    "BLOCKING",
    "COUNTING",
    "AddressState",
    "Decision",
    "Effect",
    "Event",
    "Policies",
    "Settings",
    "What",
    "as_of",
    "block_end",
    "decide",
    "latest",
    "untrusted",
]
