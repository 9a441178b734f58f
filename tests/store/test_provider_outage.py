"""A month of mail in which a provider says, for an hour, that none of its users exists."""

from __future__ import annotations

import io
import json
import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from bounced import log, telling
from bounced.causes import Cause, Type
from bounced.classify import RuleBook
from bounced.store import Observed, Store
from bounced.verdicts import rejection

START = datetime(2026, 1, 1, tzinfo=UTC)
USERS = 5_000
DAY, OUTAGE = timedelta(days=1), 15
GONE = "550 5.1.1 <{}>: Recipient address rejected: User unknown"
REPLIES = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "replies.jsonl").read_text("utf-8").splitlines()
]
# Codes of our own fault, of what passes, and of full mailboxes.
_HARMLESS = re.compile(r"4\d\d|5\d\d[ -]5\.7\.\d|5\d\d[ -]5\.2\.2")


def _user(number: int) -> str:
    return f"user{number}@provider.example"


def _refused(address: str, at: datetime, rules: RuleBook, reply: str = GONE) -> Observed:
    judged = rejection(address, reply.format(address), "mx.provider.example", rules)
    return Observed(address=address, at=at, origin="log", who="postfix", judged=judged)


def _month(rules: RuleBook) -> Iterator[list[Observed]]:
    """Yield the batches of a month: daily mail, of which one address is gone; and the outage."""
    draw = random.Random(1)
    for day in range(30):
        noon = START + day * DAY
        at = partial(lambda noon: noon + timedelta(seconds=draw.randrange(3600)), noon)
        some = draw.sample(range(100, USERS), 400)
        batch = [Observed(address=_user(n), at=at(), origin="log", who="mta") for n in some]
        batch.append(_refused(_user(day), at(), rules))
        if day == OUTAGE:
            batch = [_refused(_user(n), at(), rules) for n in range(OUTAGE, USERS)]
        batch.sort(key=lambda one: one.at)
        yield from (batch[start : start + 250] for start in range(0, len(batch), 250))


def test_an_hour_in_which_nobody_exists_blocks_nobody(store: Store, rules: RuleBook) -> None:
    """The breaker trips, once, and tells how to confirm it; all other days go on as they were."""
    stream = io.StringIO()
    store.listener = partial(telling.effects, log.setup(stream=stream, format="json"))
    for batch in _month(rules):
        store.observe(batch)
        if batch[-1].at - START > OUTAGE * DAY:
            assert len(list(store.states(now=batch[-1].at, blocked=True))) <= 30

    blocked = {one.address for one in store.states(now=START + 40 * DAY, blocked=True)}
    assert blocked == {_user(n) for n in range(30) if n != OUTAGE}
    (storm,) = store.storms(everything=True)
    assert (storm.name, storm.cause, storm.recipients) == (
        "provider.example",
        Cause.MAILBOX_UNKNOWN,
        USERS - OUTAGE,
    )
    alerts = [json.loads(line) for line in stream.getvalue().splitlines()]
    (alert,) = [one for one in alerts if one["event"] == "storm_started"]
    assert (alert["level"], alert["name"]) == ("warning", "provider.example")
    assert alert["confirm"] == f"bounced storms --confirm {storm.id}"


def test_what_is_no_fault_of_the_recipient_blocks_nobody(store: Store, rules: RuleBook) -> None:
    """Replies with 4xx, 5.7.x and 5.2.2: only whom the words say to be gone is blocked for them."""
    told = [one for one in REPLIES if _HARMLESS.match(one["reply"])]
    assert len(told) > 300
    for number, one in enumerate(told):
        address = f"u{number}@n{number}.example"
        judged = rejection(address, one["reply"], one["remote_mta"], rules)
        seen = Observed(address=address, at=START, origin="log", who="postfix", judged=judged)
        store.observe([seen])

    gone = {n for n, one in enumerate(told) if Cause(one["cause"]).info.type is Type.HARD}
    blocked = {one.address for one in store.states(now=START + DAY, blocked=True)}
    assert blocked <= {f"u{n}@n{n}.example" for n in gone}
    assert len(gone) < len(told) / 10
