"""One report changes the state of one recipient once; one to a signed path only of its own."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from forging import DSN, GOOD, NOW, RECIPIENT, arrive

from bounced.classify import RuleBook
from bounced.policy import Settings
from bounced.store import Store

NAMES = ("anna", "Anna", "victim", "VICTIM", "bert")
SAID = (
    ("failed", "5.1.1", "550 5.1.1 User unknown"),
    ("failed", "4.2.2", "452 4.2.2 Mailbox full"),
    ("failed", "5.7.1", "550 5.7.1 blocked using zen.spamhaus.org"),
    ("delayed", "4.4.1", "timeout"),
    ("delivered", "2.0.0", "250 Ok"),
    ("relayed", "2.0.0", "250 Ok"),
)


def _reports(draw: random.Random) -> list[str]:
    """Return reports that name the same few addresses over and over, in many ways."""
    reports = []
    for number in range(12):
        recipients = ""
        for _ in range(draw.randrange(1, 30)):
            action, status, said = draw.choice(SAID)
            one = RECIPIENT.format(address=f"{draw.choice(NAMES)}@example.com")
            one = one.replace("Action: failed", f"Action: {action}").replace(
                "5.1.1\n", f"{status}\n"
            )
            recipients += one.replace("550 5.1.1 User unknown", said)
        reports.append(DSN.format(number=number, recipients=recipients))
    return reports


@pytest.mark.parametrize(
    ("store", "path"),
    [
        (Settings(), "bounces@b.test"),
        (Settings(soft_limit=2), GOOD),
        (Settings(signed_only=True), GOOD),
        (Settings(signed_only=True), "bounces@b.test"),
    ],
    indirect=["store"],
)
@pytest.mark.parametrize("seed", range(3))
def test_a_report_changes_one_recipient_once(
    store: Store, rules: RuleBook, rows: Callable[[str], list[Any]], path: str, seed: int
) -> None:
    """However often it names him, and whatever else it says."""
    come = partial(arrive, store, rules)
    for raw in _reports(random.Random(seed)):
        come(path, raw=raw)

    message = {row.id: row.message_id for row in rows("events")}
    changes = Counter((message[row.event_id], row.key) for row in rows("audit"))
    assert all(times == 1 for times in changes.values())
    changed = {key for _, key in changes}
    if path == GOOD:
        assert changed == {"anna@example.com"}
    elif store.policies.default.signed_only:
        assert changed == set()
    else:
        assert changed == {"anna@example.com", "victim@example.com", "bert@example.com"}
    assert store.state("anna@example.com", now=NOW) is None or changed
