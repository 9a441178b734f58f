"""What is told, to whom, and in which transaction."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bounced import shapes
from bounced.causes import Cause
from bounced.cli import shapes as more_shapes
from bounced.config import Webhook
from bounced.model import Action, Envelope, Judged, Kind, Reading, RecipientStatus, Typed, Verdict
from bounced.notice import Notice, Topic
from bounced.policy import Policies, Settings
from bounced.store import Incoming, Kept, Letter, Outbox, Store, outbox, record

START = datetime(2026, 1, 1, tzinfo=UTC)
WHO = {"who": "anna", "now": START + timedelta(days=400)}
Opened = Callable[..., Store]
Message = Callable[..., Incoming]
One = Callable[..., Judged]


def hook(name: str = "crm", **fields: Any) -> Webhook:
    """Return the settings of a webhook."""
    values = {"name": name, "url": "https://app.example.org/", "secret": "/secret"}
    return Webhook.model_validate(values | fields)


def told_to(store: Store, target: str = "crm") -> list[Letter]:
    """Return what is in the outbox for one target."""
    return [one for one in store.letters.listed() if one.target == target]


@pytest.fixture
def telling(opened: Opened) -> Callable[..., Store]:
    """Return a function that opens a store with webhooks."""

    def open_it(*hooks: Webhook, policies: Policies | None = None, **more: Any) -> Store:
        policies = policies or Policies()
        box = Outbox(policies=policies, subscribers=hooks, **more)
        return opened(policies=policies, outbox=box)

    return open_it


def test_without_webhooks_nothing_is_put_in(
    telling: Callable[..., Store], message: Message, one: One
) -> None:
    """The outbox of a store that nobody listens to stays empty."""
    store = telling()
    store.record([message(one("a@example.net", Cause.MAILBOX_UNKNOWN))])

    assert list(store.letters.listed()) == []


def test_a_hard_failure_tells_that_the_address_is_blocked(
    telling: Callable[..., Store], message: Message, one: One
) -> None:
    """With the state that ``check --json`` prints, and the event that ``history --json`` does."""
    store = telling(hook())
    store.record([message(one("A@example.net", Cause.MAILBOX_UNKNOWN))])

    (letter,) = told_to(store)
    state, (event,) = store.state("a@example.net"), store.history("a@example.net")
    assert state is not None
    assert letter.topic == "recipient.blocked"
    assert letter.at == START
    assert letter.data["address"] == "A@example.net"
    assert letter.data["why"] == "hard failure (mailbox_unknown)"
    assert letter.data["state"] == json.loads(json.dumps(shapes.state(state, 5)))
    shown = json.loads(json.dumps(shapes.event(event)))
    assert {name: letter.data["event"][name] for name in shown} == shown
    assert set(letter.data["event"]) - set(shown) == {"id", "message_id"}


def test_soft_failures_are_told_until_the_one_that_blocks(
    telling: Callable[..., Store], message: Message
) -> None:
    """Four times soft, then blocked; the count is in the state."""
    store = telling(hook())
    for day in range(5):
        store.record([message("a@example.net", day=day, original=f"m{day}")])

    told = [(one.topic, one.data["state"]["soft_count"]) for one in told_to(store)]
    assert told == [*(("recipient.soft", n) for n in range(1, 5)), ("recipient.blocked", 5)]


def test_a_complaint_is_told_beside_the_block(
    telling: Callable[..., Store], message: Message, one: One
) -> None:
    """It is both; a second one for the same message is neither."""
    store = telling(hook())
    for day in (0, 1):
        complaint = one("a@example.net", Cause.COMPLAINT, Action.FAILED)
        store.record([message(complaint, kind=Kind.COMPLAINT, day=day, original="m1")])

    assert [one.topic for one in told_to(store)] == ["complaint", "recipient.blocked"]


def test_a_complaint_that_hides_the_address_is_told(
    telling: Callable[..., Store], message: Message, one: One
) -> None:
    """Which message it is about may be enough for the sender."""
    store = telling(hook())
    complaint = one(None, Cause.COMPLAINT)
    store.record([message(complaint, kind=Kind.COMPLAINT, original="m1")])

    (letter,) = told_to(store)
    assert (letter.topic, letter.data["address"], letter.data["state"]) == ("complaint", None, None)
    assert letter.data["event"]["original"] == "m1"


def test_operators_are_told_of_as_well(telling: Callable[..., Store]) -> None:
    """A block by hand and its end; what changes nothing is not told."""
    store = telling(hook())
    store.block("a@example.net", why="asked", **WHO)
    store.block("a@example.net", why="asked again", **WHO)
    store.unblock("a@example.net", why="well again", **WHO)
    store.unblock("a@example.net", why="well again", **WHO)

    assert [(one.topic, one.data["why"]) for one in told_to(store)] == [
        ("recipient.blocked", "blocked by anna: asked"),
        ("recipient.unblocked", "unblocked by anna: well again"),
    ]


def test_the_end_of_a_block_is_told_when_it_comes(
    telling: Callable[..., Store], message: Message, one: One
) -> None:
    """As of the time that was set for it, once, and the state is that which it would be anyway."""
    settings = Settings(expire={Cause.MAILBOX_UNKNOWN: timedelta(days=10)})
    store = telling(hook(), policies=Policies(default=settings))
    store.record([message(one("a@example.net", Cause.MAILBOX_UNKNOWN))])
    store.block("b@example.net", why="for good", **WHO)
    before = store.state("a@example.net", now=START + timedelta(days=20))

    assert store.end_blocks(START + timedelta(days=9)) == 0
    assert store.end_blocks(START + timedelta(days=20)) == 1
    assert store.end_blocks(START + timedelta(days=30)) == 0
    assert store.state("a@example.net", now=START + timedelta(days=20)) == before
    last = told_to(store)[-1]
    assert (last.topic, last.at) == ("recipient.unblocked", START + timedelta(days=10))


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"events": ["recipient.blocked"]}, ["recipient.blocked"]),
        ({"streams": ["news"]}, []),
        ({"streams": ["news", "default"]}, ["recipient.soft", "recipient.blocked"]),
        ({"events": "complaint, storm.started"}, []),
    ],
)
def test_a_webhook_hears_what_it_asked_for(
    telling: Callable[..., Store],
    message: Message,
    one: One,
    fields: dict[str, Any],
    told: list[str],
) -> None:
    """Some events, some streams."""
    store = telling(hook(**fields))
    store.record([message("a@example.net", one("b@example.net", Cause.MAILBOX_UNKNOWN))])

    assert [one.topic for one in told_to(store)] == told


def test_each_webhook_has_its_own_copy(
    telling: Callable[..., Store], message: Message, one: One
) -> None:
    """Two that listen are told by two rows, with names of their own."""
    store = telling(hook(), hook("billing"))
    store.record([message(one("a@example.net", Cause.MAILBOX_UNKNOWN))])

    letters = list(store.letters.listed())
    assert [one.target for one in letters] == ["crm", "billing"]
    assert len({one.webhook_id for one in letters}) == 2


def test_a_redelivery_tells_nothing(
    telling: Callable[..., Store], message: Message, one: One
) -> None:
    """What was recorded before is no news."""
    store = telling(hook())
    again = message(one("a@example.net", Cause.MAILBOX_UNKNOWN))
    store.record([again])
    store.record([again])

    assert len(told_to(store)) == 1


def test_what_is_not_committed_is_not_told(
    telling: Callable[..., Store], message: Message, one: One, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the transaction fails behind the notices, they are gone with it, and nobody wakes."""
    store = telling(hook(), on_added=lambda: pytest.fail("woken"))

    def fails(*_: object) -> None:
        msg = "behind everything"
        raise RuntimeError(msg)

    monkeypatch.setattr(record, "_count_seen", fails)
    with pytest.raises(RuntimeError):
        store.record([message(one("a@example.net", Cause.MAILBOX_UNKNOWN))])

    assert list(store.letters.listed()) == []
    assert store.state("a@example.net") is None


def test_whoever_delivers_is_woken_after_the_commit(
    telling: Callable[..., Store], message: Message, one: One
) -> None:
    """Once for a batch, when the rows can be seen by others; not for what nobody wants to know."""
    seen: list[int] = []
    store = telling(hook(), on_added=lambda: seen.append(len(told_to(store))))
    addresses = ("a@example.net", "b@example.net")
    store.record([message(one(at, Cause.MAILBOX_UNKNOWN)) for at in addresses])
    store.record([message(one("c@example.net", None, Action.DELIVERED))])

    assert seen == [2]


def test_incidents_and_storms_are_told_by_one_line(telling: Callable[..., Store]) -> None:
    """``add`` takes notices of any topic; without a stream they are for every webhook."""
    store = telling(hook(streams=["news"]), hook("storms", events=["storm.started"]))
    notices = [
        Notice(topic=Topic.STORM_STARTED, key="storm 1", at=START, data={"since": START}),
        Notice(topic=Topic.INCIDENT_OPENED, key="incident 1", at=START),
    ]
    store._write(lambda connection: outbox.add(connection, notices))

    told = [(one.target, one.topic) for one in store.letters.listed()]
    assert told == [
        ("crm", "storm.started"),
        ("storms", "storm.started"),
        ("crm", "incident.opened"),
    ]


def test_a_letter_from_a_person_waits_to_be_forwarded(
    telling: Callable[..., Store], message: Message
) -> None:
    """With its bytes, which no retention takes away before that; a bounce is not forwarded."""
    store = telling(kinds={Kind.OTHER})
    raw, path = b"From: anna@example.net\r\n\r\nHello?\r\n", "anna@example.net"
    letter = message(kind=Kind.OTHER, raw=raw, envelope=Envelope(reverse_path=path))
    store.record([letter, message("a@example.net")])
    store.expire_raw(START + timedelta(days=1000))

    (waiting,) = told_to(store, "forward")
    assert waiting.message_id is not None
    assert store.letters.raw(waiting.message_id) == letter.raw
    store.letters.expire(datetime.now(UTC) + timedelta(days=31), targets=[])
    assert store.expire_raw(START + timedelta(days=1000)) == 1
    assert store.letters.raw(waiting.message_id) is None


def test_an_incident_is_told_when_it_opens_and_when_it_closes(
    telling: Callable[..., Store], message: Message
) -> None:
    """As ``incidents --json`` prints it; by the policy, and by hand."""
    store = telling(hook(streams=["news"], events=["incident.opened", "incident.closed"]))
    words = "554 5.7.1 [192.0.2.7] listed at zen.spamhaus.org"
    refused = Judged(
        recipient=RecipientStatus(
            address="a@example.com", action=Action.FAILED, diagnostic_code=Typed("smtp", words)
        ),
        verdict=Verdict(cause=Cause.SENDER_BLOCKED, rule="block-list", evidence=words),
    )
    store.record([message(refused)])
    (opened,) = store.incidents()
    store.sweep(START + timedelta(days=9))
    store.record([message(refused, day=10)])
    store.close_incident(2, who="anna", now=START + timedelta(days=11))

    told = told_to(store)
    assert [one.topic for one in told] == ["incident.opened", "incident.closed"] * 2
    assert told[0].data == json.loads(json.dumps(more_shapes.incident(opened)))
    assert [one.data["closed_by"] for one in told] == [None, "policy", None, "anna"]
    assert told[1].at == START + timedelta(days=9)


def test_a_storm_is_told_when_it_starts_and_when_it_ends(
    telling: Callable[..., Store], message: Message
) -> None:
    """As ``storms --json`` prints it; and of an address that it had blocked, that it is free."""
    policies = Policies(default=Settings(storm_recipients=3, soft_limit=2))
    store = telling(hook(), policies=policies)
    store.record([message("a@example.com", day=0, original="m0")])
    store.record([message("a@example.com", day=1, original="m1")])
    for name in "bc":
        store.record([message(f"{name}@example.com", day=1, original=f"m{name}")])
    (storm,) = store.storms()
    store.sweep(START + timedelta(days=2))

    told = told_to(store)
    assert [one.topic for one in told] == [
        "recipient.soft",
        "recipient.blocked",
        "recipient.soft",
        "recipient.unblocked",
        "storm.started",
        "storm.ended",
    ]
    assert told[3].data["state"]["soft_count"] == 1
    assert told[4].data == json.loads(json.dumps(more_shapes.storm(storm)))


def test_the_end_of_a_block_is_noted_with_nobody_listening(
    opened: Opened, message: Message, one: One
) -> None:
    """The history shows it, and there is no letter."""
    settings = Settings(expire={Cause.MAILBOX_UNKNOWN: timedelta(days=10)})
    store = opened(policies=Policies(default=settings))
    store.record([message(one("a@example.net", Cause.MAILBOX_UNKNOWN))])
    store.sweep(START + timedelta(days=20))

    assert [one.what for one in store.history("a@example.net")] == ["failed", "unblock"]
    assert told_to(store) == []


def test_what_is_judged_again_is_told(
    telling: Callable[..., Store], message: Message, one: One
) -> None:
    """The incident that it opens, and the end of a storm that was none; and the contrary."""
    store = telling(hook(), policies=Policies(default=Settings(storm_recipients=2)))
    full = [message(one(f"{who}@example.com")) for who in "ab"]
    store.record(full)
    refused = replace(full[0].reading, judged=(one("a@example.com", Cause.SENDER_BLOCKED),))
    store.record([now_refused := message(reading=refused, day=1)])

    def read_as(reading: dict[str, Reading]) -> list[str]:
        before = len(told_to(store))
        known = {it.fingerprint: it for it in (*full, now_refused)}

        def read(kept: Kept) -> Incoming:
            it = known[kept.fingerprint]
            return replace(it, reading=reading.get(it.fingerprint, it.reading))

        list(store.rejudge(read, now=WHO["now"]))
        topics = [it.topic for it in told_to(store)[before:]]
        return [it for it in topics if it.startswith(("storm", "incident"))]

    swapped = {full[0].fingerprint: refused, now_refused.fingerprint: full[0].reading}
    gone = ["incident.closed", "incident.opened", "storm.ended"]
    assert sorted(read_as(swapped)) == gone
    assert sorted(read_as({})) == ["incident.closed", "incident.opened", "storm.started"]
