"""A domain that suddenly refuses everybody for good blocks nobody until it is confirmed."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from bounced.causes import Cause
from bounced.model import Judged
from bounced.policy import Effect, Policies, Settings
from bounced.policy.breaker import Steps
from bounced.store import Incoming, Kept, Observed, Store
from bounced.store.schema import deliveries

Make = Callable[..., Incoming]
One = Callable[..., Judged]
START = datetime(2026, 1, 1, tzinfo=UTC)
MINUTE = 1 / 1440
GONE = Cause.MAILBOX_UNKNOWN
FEW = Settings(hard_storm_recipients=5, storm_window=timedelta(hours=1))
SMALL = pytest.mark.parametrize("store", [FEW], indirect=True)


def _at(day: float) -> datetime:
    return START + timedelta(days=day)


@pytest.fixture
def refused(message: Make, one: One) -> Callable[..., Incoming]:
    """Return what makes a report that an address does not exist."""

    def make(address: str, day: float, cause: Cause = GONE, **more: Any) -> Incoming:
        return message(one(address, cause), day=day, **more)

    return make


def _delivered(day: float, count: int, domain: str = "example.com") -> list[Observed]:
    return [
        Observed(address=f"d{n}@{domain}", at=_at(day), origin="log", who="postfix")
        for n in range(count)
    ]


def _blocked(store: Store, day: float = 99) -> set[str]:
    return {one.address.partition("@")[0] for one in store.states(now=_at(day), blocked=True)}


@SMALL
def test_what_had_blocked_before_the_storm_was_seen_is_taken_back(
    store: Store, refused: Make, effects: Callable[..., Any]
) -> None:
    """Four are blocked; with the fifth it is a storm, and nobody is."""
    for number in range(4):
        report = refused(f"u{number}@example.com", day=number * MINUTE)
        assert effects(report) == [[Effect.BLOCKED]]
    assert effects(refused("u4@example.com", day=4 * MINUTE)) == [[Effect.SPARED]]

    assert _blocked(store) == set()
    (storm,) = store.storms()
    assert (storm.scope, storm.name, storm.cause, storm.recipients) == (
        "domain",
        "example.com",
        GONE,
        5,
    )
    told = store.history("u0@example.com")[-1]
    assert told.effect is Effect.UNBLOCKED
    assert told.why == "taken back: what had counted was part of a storm of refusals (example.com)"
    assert "until it is confirmed" in store.history("u4@example.com")[-1].why


@SMALL
def test_few_beside_many_deliveries_are_none(store: Store, refused: Make) -> None:
    """Five of fifty are ten percent, and not more; one more, and they are."""
    store.observe(_delivered(0, 45))
    store.record([refused(f"u{n}@example.com", day=n * MINUTE) for n in range(5)])
    assert len(_blocked(store)) == 5
    store.record([refused("u5@example.com", day=6 * MINUTE)])
    assert _blocked(store) == set()


@SMALL
def test_deliveries_of_another_time_or_domain_prove_nothing(store: Store, refused: Make) -> None:
    """Two hours ago the directory was whole."""
    store.observe(_delivered(-2 / 24, 1000) + _delivered(0, 1000, "example.net"))
    store.record([refused(f"u{n}@example.com", day=n * MINUTE) for n in range(5)])
    assert _blocked(store) == set()


@SMALL
def test_only_one_domain_and_one_cause_make_a_storm(store: Store, refused: Make) -> None:
    """Nor does one recipient, however often; nor a complaint, nor a list of the platform's own."""
    store.record([refused(f"u{n}@n{n}.example.com", day=0) for n in range(9)])
    store.record([refused(f"v{n}@example.com", day=0) for n in range(4)])
    store.record([refused(f"w{n}@example.com", 0, Cause.MAILBOX_DISABLED) for n in range(4)])
    store.record([refused(f"s{n}@example.com", 0, Cause.SUPPRESSED) for n in range(9)])
    store.record([refused("v0@example.com", day=n * MINUTE) for n in range(9)])
    assert len(_blocked(store)) == 9 + 4 + 4 + 9
    assert store.storms(everything=True) == []


@SMALL
def test_a_later_refusal_out_of_any_storm_blocks(store: Store, refused: Make) -> None:
    """The next mailing of a normal day shows who is really gone."""
    store.record([refused(f"u{n}@example.com", day=0) for n in range(50)])
    assert _blocked(store) == set()
    store.record([refused("u7@example.com", day=3)])
    assert _blocked(store) == {"u7"}


@SMALL
def test_who_is_refused_in_storms_a_month_apart_is_blocked(store: Store, refused: Make) -> None:
    """Unless something was delivered to him meanwhile, of which no line may be left out."""
    people = [f"u{n}@example.com" for n in range(6)]
    store.record([refused(one, day=0) for one in people])
    seen = [Observed(address=people[0], at=_at(day), origin="log", who="mta") for day in (9, 9.1)]
    store.observe(seen)
    store.record([refused(one, day=31) for one in people])
    assert _blocked(store) == {f"u{n}" for n in range(1, 6)}
    assert store.state(people[1], now=_at(99)).since == _at(31)  # type: ignore[union-attr]


@SMALL
def test_a_second_report_of_a_spared_message_blocks_nobody(store: Store, refused: Make) -> None:
    """Our log tells at once, and the notice waits in a queue for hours."""
    store.record([refused(f"u{n}@example.com", 0, original=f"{n}@b.test") for n in range(5)])
    store.record([refused("u0@example.com", 0.5, original="0@b.test")])
    assert _blocked(store) == set()
    store.record([refused("u0@example.com", 0.5, original="another@b.test")])
    assert _blocked(store) == {"u0"}


@SMALL
def test_an_operator_confirms_a_storm(
    store: Store, refused: Make, rows: Callable[..., Any]
) -> None:
    """All are blocked as of their failures; what is told later of that time is, too."""
    store.record([refused(f"u{n}@example.com", day=n * MINUTE) for n in range(6)])
    (storm,) = store.storms()
    assert store.confirm_storm(storm.id + 1, who="alice", why="asked", now=_at(1)) is None

    done = store.confirm_storm(storm.id, who="alice", why="they have closed", now=_at(1))

    assert done
    assert len(done.decisions) == 6
    assert (done.storm.confirmed_by, done.storm.ended_at) == ("alice", _at(1))
    assert done.storm.recipients == 6
    assert len(_blocked(store)) == 6
    assert store.state("u3@example.com", now=_at(2)).since == _at(3 * MINUTE)  # type: ignore[union-attr]
    told = store.history("u3@example.com")[-1]
    assert (told.origin, told.who, told.effect) == ("operator", "alice", Effect.BLOCKED)
    assert told.why == "what example.com says was confirmed by alice: they have closed"
    assert [row.who for row in rows("audit")][-6:] == ["alice"] * 6

    store.record([refused(f"v{n}@example.com", day=7 * MINUTE) for n in range(9)])
    assert len(_blocked(store)) == 15
    assert store.confirm_storm(storm.id, who="alice", why="again", now=_at(1)) is None


@SMALL
def test_who_has_got_mail_since_is_not_confirmed_to_be_gone(store: Store, refused: Make) -> None:
    """Whatever the postmaster says of the others; until he is refused again."""
    store.record([refused(f"u{n}@example.com", day=n * MINUTE) for n in range(6)])
    mail = Observed(address="u0@example.com", at=_at(1), origin="log", who="postfix")
    store.observe([mail])
    (storm,) = store.storms(everything=True)

    confirmed = store.confirm_storm(storm.id, who="it", why="they are closed", now=_at(2))

    assert confirmed
    assert len(confirmed.decisions) == 5
    assert _blocked(store) == {f"u{n}" for n in range(1, 6)}
    assert store.confirm_storm(storm.id, who="it", why="they are closed", now=_at(2)) is None
    store.record([refused("u0@example.com", day=3)])
    assert "u0" in _blocked(store)


@SMALL
def test_a_refusal_that_is_told_twice_is_one(store: Store, refused: Make, one: One) -> None:
    """By our own log, and by the report that Postfix makes of it: of 60 mails 5 were refused."""
    store.observe(_delivered(0, 55))
    seen = [
        Observed(
            address=f"u{n}@example.com",
            at=_at(n * MINUTE),
            origin="log",
            who="postfix",
            judged=one(f"u{n}@example.com", GONE),
            original=f"<{n}@ours.test>",
        )
        for n in range(5)
    ]
    store.observe(seen)
    reports = [
        refused(f"u{n}@example.com", day=n * MINUTE, original=f"<{n}@ours.test>") for n in range(5)
    ]
    store.record(reports[:3])
    store.record(reports[3:])

    assert len(_blocked(store)) == 5


def _forget(store: Store) -> None:
    store.forget("u0@example.com", who="it", now=_at(1))


def _expire(store: Store) -> None:
    store.expire_events(_at(0.5 * MINUTE))


@SMALL
@pytest.mark.parametrize("lose", [_forget, _expire])
def test_a_storm_stays_one_when_not_all_is_known_of_it_any_more(
    store: Store, refused: Make, one: One, lose: Callable[[Store], None]
) -> None:
    """What is told of that time later is part of it, and judging again ends it for nobody."""
    seen = Observed(
        address="u0@example.com",
        at=_at(0),
        origin="log",
        who="postfix",
        judged=one("u0@example.com", GONE),
    )
    store.observe([seen])
    store.record([refused(f"u{n}@example.com", day=n * MINUTE) for n in range(1, 5)])
    assert _blocked(store) == set()

    lose(store)
    assert "log" not in {told.origin for told in store.history("u0@example.com")}

    store.record([refused("u5@example.com", day=2 * MINUTE)])
    assert _blocked(store) == set()

    def read(kept: Kept) -> Incoming:
        number = round((kept.received_at - START) / timedelta(minutes=1))
        cause = Cause.MAILBOX_FULL if number == 1 else GONE
        return refused(f"u{number}@example.com", number * MINUTE, cause)

    list(store.rejudge(read, now=_at(2)))
    assert _blocked(store) == set()
    assert len(store.storms(everything=True)) == 1


@SMALL
def test_a_confirmed_storm_is_no_excuse_for_the_next_one(store: Store, refused: Make) -> None:
    """Nor for one of the same domain on another day."""
    store.record([refused(f"u{n}@example.com", day=0) for n in range(6)])
    store.confirm_storm(store.storms()[0].id, who="alice", why="gone", now=_at(0.1))
    store.record([refused(f"v{n}@example.com", day=1) for n in range(6)])
    assert _blocked(store) == {f"u{n}" for n in range(6)}
    assert [one.confirmed_by for one in store.storms(everything=True)] == ["alice", None]


@pytest.mark.parametrize("store", [Settings(storm_recipients=3)], indirect=True)
def test_a_storm_of_soft_failures_is_not_to_be_confirmed(store: Store, message: Make) -> None:
    """An outage is over when it is over."""
    store.record([message(f"u{n}@example.com") for n in range(3)])
    (storm,) = store.storms()
    assert store.confirm_storm(storm.id, who="alice", why="no", now=_at(1)) is None


@pytest.mark.parametrize(
    "store", [Settings(hard_storm_recipients=5, signed_only=True)], indirect=True
)
def test_unsigned_reports_make_no_storm_where_they_change_nothing(
    store: Store, refused: Make
) -> None:
    """Else a forger could keep others from being blocked."""
    store.record([refused(f"u{n}@example.com", day=0) for n in range(9)])
    assert store.storms(everything=True) == []


@SMALL
@pytest.mark.parametrize("seed", range(3))
def test_what_is_in_a_storm_is_as_the_definition_says(
    store: Store, refused: Make, rows: Callable[[str], list[Any]], seed: int
) -> None:
    """In whatever order and batches they come: any steps that are a window, with enough in them."""
    draw = random.Random(seed)
    store.observe([one for h in range(0, 50, 3) for one in _delivered(h / 24, draw.randrange(99))])
    for _ in range(60):
        hours = [draw.randrange(50) + draw.random() / 2 for _ in range(draw.choice([1, 1, 2, 8]))]
        store.record([refused(f"u{draw.randrange(19)}@example.com", day=h / 24) for h in hours])

    told = [row for row in rows("events") if row.what == "failed"]
    steps = Steps.of(FEW.storm_window)
    delivered = {row.at: row.count for row in rows("deliveries")}
    expected = set()
    for first in range(steps.number(_at(-1)), steps.number(_at(4))):
        numbers = range(first, first + steps.length)
        inside = [one for one in told if steps.number(one.at) in numbers]
        sent = sum(count for at, count in delivered.items() if steps.number(at) in numbers)
        enough = len({one.key for one in inside}) >= FEW.hard_storm_recipients
        if enough and 100 * len(inside) > FEW.hard_storm_share * (len(inside) + sent):
            expected |= {one.id for one in inside}
    assert {one.id for one in told if one.storm_id} == expected
    assert 0 < len(expected) < len(told)


def test_deliveries_are_counted_by_domain_and_forgotten(
    store: Store, refused: Make, rows: Callable[[str], list[Any]]
) -> None:
    """After a week, but for those that show why refusals were no storm; these with the messages."""
    store.observe(_delivered(0, 3) + _delivered(0, 2, "example.net") + _delivered(1, 1))
    store.observe(_delivered(0, 4))
    store.record([refused("u@example.com", day=0.02)])
    assert {(row.at, row.domain, row.count) for row in rows("deliveries")} == {
        (_at(0), "example.com", 7),
        (_at(0), "example.net", 2),
        (_at(1), "example.com", 1),
    }
    assert store.forget_deliveries(_at(6)) == 0
    assert store.forget_deliveries(_at(9)) == 2
    assert [(row.domain, row.count) for row in rows("deliveries")] == [("example.com", 7)]
    assert store.forget_deliveries(_at(31)) == 1
    assert rows("deliveries") == []


def test_two_daemons_that_count_deliveries_do_not_wait_for_each_other(
    opened: Callable[..., Store],
) -> None:
    """In whatever order each has them: they are counted in one order."""
    stores = [opened(policies=Policies()) for _ in range(2)]
    domains = [f"d{n}.example" for n in range(30)]
    failures: list[BaseException] = []

    def work(store: Store, draw: random.Random) -> None:
        try:
            for _ in range(15):
                some = draw.sample(domains, 20)
                store.observe([one for it in some for one in _delivered(0, 1, it)])
        except BaseException as error:  # noqa: BLE001 -- told to the test
            failures.append(error)

    threads = [
        threading.Thread(target=work, args=(one, random.Random(n))) for n, one in enumerate(stores)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert failures == []
    with stores[0].database.read() as connection:
        total = connection.execute(select(func.sum(deliveries.c["count"]))).scalar()
    assert total == 2 * 15 * 20
