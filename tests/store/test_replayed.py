"""One report however often, and reports in whatever order: the same events and the same states."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from forging import ANNA, DSN, GOOD, NOW, RECIPIENT, arrive

from bounced.classify import RuleBook
from bounced.policy import Effect, Policies
from bounced.store import Store, schema

SOFT = RECIPIENT.replace("5.1.1 User unknown", "5.2.2 Mailbox full").replace("5.1.1", "5.2.2")


def _soft(number: int, address: str = ANNA) -> str:
    raw = DSN.format(number=number, recipients=SOFT.format(address=address))
    return raw.replace("<mail@b.test>", f"<mail{number}@b.test>")


def test_one_report_again_and_again_counts_once(
    store: Store, rules: RuleBook, rows: Callable[[str], list[Any]]
) -> None:
    """By whichever way it comes: one event, one count.

    `drills/replayed.py` does it 10,000 times.
    """
    arrive(store, rules, GOOD, raw=_soft(1))
    before = store.state(ANNA, now=NOW)
    for number in range(200):
        trace = f"Received: from relay{number}.example.net by mx.example.org; id {number}\n"
        arrive(store, rules, GOOD, raw=trace + _soft(1), at=NOW + timedelta(seconds=number))

    assert [row.effect for row in rows("events")] == [Effect.COUNTED]
    assert store.state(ANNA, now=NOW) == before
    assert before
    assert before.soft_count == 1
    assert [row.seen for row in rows("messages")] == [201]


def test_the_order_of_reports_makes_no_difference(
    opened: Callable[..., Store], rules: RuleBook
) -> None:
    """Shuffled, and some of them twice: each state is the same to the last field."""
    draw = random.Random(1)
    told = [
        (f"u{number % 9}@n{number % 9}.example", number, NOW + timedelta(hours=number))
        for number in range(36)
    ]
    told += [(f"h{number}@n{number}.example", 100 + number, NOW) for number in range(9)]
    states = []
    for order in (told, draw.sample(told + told[::3], 4 * len(told) // 3)):
        store = opened(policies=Policies())
        for address, number, at in order:
            hard = DSN.format(number=number, recipients=RECIPIENT.format(address=address))
            raw = hard if address.startswith("h") else _soft(number, address)
            arrive(store, rules, "bounces@b.test", raw=raw, at=at)
        states.append(list(store.states(now=NOW + timedelta(days=9))))
        _empty(store)
    assert states[0] == states[1]
    assert sum(one.blocked for one in states[0]) == 9


def _empty(store: Store) -> None:
    """Forget everything, for the next one."""
    with store.database.write() as connection:
        for table in reversed(schema.metadata.sorted_tables):
            connection.execute(table.delete())
