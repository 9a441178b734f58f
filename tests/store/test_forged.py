"""Forged bounces can't block: from the bytes of a message to the states of addresses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from forging import ANNA, DSN, GOOD, KEYS, NOW, RECIPIENT, arrive

from bounced.address import read_keys, return_path
from bounced.classify import RuleBook
from bounced.model import Trust
from bounced.policy import Effect, Policies, Settings
from bounced.store import Outcome, Store

OTHERS = read_keys("b c29tZWJvZHktZWxzZS1oYXMtbWFkZS10aGlzLWtleQ")
VICTIM = "victim@example.com"
LAST = GOOD[GOOD.index("@") - 1]
FORWARD = "From: eve@example.net\nSubject: Fwd: Mail\nContent-Type: message/rfc822\n\n"

signed_only = pytest.mark.parametrize("store", [Settings(signed_only=True)], indirect=True)


@pytest.fixture
def come(store: Store, rules: RuleBook) -> Callable[..., tuple[Outcome, ...]]:
    """Return a function that lets a report come in."""
    return partial(arrive, store, rules)


def blocked(store: Store) -> list[str]:
    """Return all that is blocked."""
    return [one.address for one in store.states(now=NOW, blocked=True)]


FORGED: dict[str, tuple[str, datetime, Trust]] = {
    "no token": ("bounces@b.test", NOW, Trust.UNSIGNED),
    "plain verp": ("bounces+victim=example.com@b.test", NOW, Trust.UNSIGNED),
    "bad mac": (GOOD.replace("=anna=", "=victim="), NOW, Trust.FORGED),
    "other recipient": (GOOD.replace("anna", "victim"), NOW, Trust.FORGED),
    "other stream": (GOOD.replace("=anna", "-news=anna"), NOW, Trust.FORGED),
    "later day": (GOOD.replace("-512d", "-512e"), NOW, Trust.FORGED),
    "wrong key": (return_path(VICTIM, base="b@b.test", keys=OTHERS, at=NOW), NOW, Trust.FORGED),
    "unknown key": (GOOD.replace("s1-b-", "s1-c-"), NOW, Trust.FORGED),
    "expired": (
        return_path(VICTIM, base="b@b.test", keys=KEYS, at=NOW - timedelta(days=32)),
        NOW,
        Trust.EXPIRED,
    ),
    "of the future": (
        return_path(VICTIM, base="b@b.test", keys=KEYS, at=NOW + timedelta(days=3)),
        NOW,
        Trust.EXPIRED,
    ),
    "last character changed": (
        GOOD.replace(f"{LAST}@", ("a" if LAST != "a" else "b") + "@"),
        NOW,
        Trust.FORGED,
    ),
    "cut off": (GOOD.replace(f"{LAST}@", "@"), NOW, Trust.FORGED),
}


@signed_only
@pytest.mark.parametrize("name", FORGED)
def test_a_forged_report_changes_nothing(
    store: Store,
    come: Callable[..., tuple[Outcome, ...]],
    rows: Callable[[str], list[Any]],
    name: str,
) -> None:
    """It is recorded and shown, with how far it is believed, and no state is there afterwards."""
    path, at, trust = FORGED[name]
    done = come(path, VICTIM, ANNA, at=at)

    assert {one.decision.effect for one in done if one.decision} == {Effect.RECORDED}
    assert list(store.states()) == []
    assert [one.trust for one in store.history(VICTIM)] == [trust]
    assert rows("messages")[0].trust == trust


@pytest.mark.parametrize("name", [name for name, one in FORGED.items() if one[2] is Trust.FORGED])
def test_a_wrong_signature_changes_nothing_even_where_any_report_counts(
    store: Store, come: Callable[..., tuple[Outcome, ...]], name: str
) -> None:
    """To sign badly is worse than not to sign."""
    path, at, _ = FORGED[name]
    come(path, VICTIM, at=at)

    assert list(store.states()) == []
    assert store.history(VICTIM)[0].why == "the signature of its return path is wrong: forged"


@signed_only
@pytest.mark.parametrize("path", [GOOD, GOOD.upper(), f"prvs=1234abcdef={GOOD}"])
def test_the_genuine_path_blocks_its_own_recipient(
    store: Store, come: Callable[..., tuple[Outcome, ...]], path: str
) -> None:
    """Upper-cased by a server, or tagged, too."""
    come(path, ANNA)

    assert blocked(store) == [ANNA]


@signed_only
def test_five_hundred_recipients_block_one(
    store: Store, come: Callable[..., tuple[Outcome, ...]], rows: Callable[[str], list[Any]]
) -> None:
    """Whoever has got one mail of ours can report nobody else; all of it is on record."""
    come(GOOD, *(f"victim{number}@example.com" for number in range(500)), ANNA)

    assert blocked(store) == [ANNA]
    assert len(rows("events")) == 501
    assert [one.address for one in store.states()] == [ANNA]


@signed_only
def test_the_same_report_again_changes_nothing(
    store: Store, come: Callable[..., tuple[Outcome, ...]]
) -> None:
    """Nor does another one about the same mail."""
    soft = (
        DSN.format(number=1, recipients=RECIPIENT.format(address=ANNA))
        .replace("5.1.1 User unknown", "5.2.2 mailbox full")
        .replace("Status: 5.1.1", "Status: 4.2.2")
    )
    for number in range(7):
        come(GOOD, raw=soft)
        come(GOOD, raw=soft.replace("<1@mx", f"<again{number}@mx"))

    state = store.state(ANNA)
    assert state
    assert (state.soft_count, state.blocked) == (1, False)


@signed_only
@pytest.mark.parametrize(
    "raw",
    [
        f"From: eve@example.net\nSubject: Re: bounce\n\nYou wrote:\n> <{VICTIM}>: 550 5.1.1 x\n",
        FORWARD + DSN.format(number=1, recipients=RECIPIENT.format(address=VICTIM)),
    ],
    ids=["human quote", "forwarded report"],
)
def test_a_person_can_t_report_another(
    store: Store, come: Callable[..., tuple[Outcome, ...]], raw: str
) -> None:
    """A reply that quotes a bounce, or a report that is sent on, does nothing to whom it names."""
    come(GOOD, raw=raw)

    assert store.state(VICTIM) is None


def test_an_expired_path_counts_where_any_report_does(
    store: Store, come: Callable[..., tuple[Outcome, ...]]
) -> None:
    """It is ours, and late: for its own recipient."""
    come(GOOD, VICTIM, at=NOW + timedelta(days=40))

    assert blocked(store) == [ANNA]


def test_a_stream_can_demand_signatures_by_itself(
    opened: Callable[..., Store], rules: RuleBook
) -> None:
    """What is signed for a stream counts there, and only there."""
    policies = Policies(streams={"news": Settings(signed_only=True)})
    store = opened(policies=policies)
    path = return_path(ANNA, base="bounces@b.test", keys=KEYS, at=NOW, stream="news")
    arrive(store, rules, path, ANNA)

    assert [(one.stream, one.address) for one in store.states(blocked=True)] == [("news", ANNA)]
