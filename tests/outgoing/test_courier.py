"""A courier on a real store: order, retries, giving up, and being stopped."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bounced import log
from bounced.errors import StoreUnavailableError
from bounced.notice import Notice, Topic
from bounced.outgoing.courier import Courier, Failure
from bounced.policy import Policies
from bounced.store import Letter, Outbox, Store, outbox

Carry = Callable[[Letter], Awaitable[Failure | None]]


class Everything:
    """Wants to know all."""

    name = "crm"

    def wants(self, _topic: Topic, _stream: str | None) -> bool:
        """Say yes."""
        return True


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return a store with one webhook."""
    policies = Policies()
    box = Outbox(policies=policies, subscribers=[Everything()])
    opened = Store.open(
        f"sqlite:///{tmp_path}/b.db", policies=policies, raw_retention=None, outbox=box
    )
    yield opened
    opened.close()


def put(store: Store, *keys: str) -> None:
    """Put notices in, one for each key."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    notices = [Notice(topic=Topic.COMPLAINT, key=key, at=at, data={"key": key}) for key in keys]
    store._write(lambda connection: outbox.add(connection, notices))


class Clock:
    """A clock that is put forward by hand."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC) + timedelta(minutes=1)

    def __call__(self) -> datetime:
        """Return what it shows."""
        return self.at


class Run:
    """A courier under way; ``said`` is what it has logged."""

    def __init__(self, store: Store, send: Carry, **fields: Any) -> None:
        self.stream = io.StringIO()
        self.store = store
        self.clock = Clock()
        values: dict[str, Any] = {
            "target": "crm",
            "name": "webhook crm",
            "letters": store.letters,
            "send": send,
            "timeout": timedelta(seconds=5),
            "log": log.setup(format="json", stream=self.stream),
            "poll": 0.02,
            "now": self.clock,
            "lot": lambda: 0.0,
        }
        self.courier = Courier(**values | fields)

    @property
    def said(self) -> list[dict[str, Any]]:
        """Return the events that were logged."""
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def until(self, condition: Callable[[], object]) -> None:
        """Run it until *condition* holds, then stop it as the daemon does."""

        async def run() -> None:
            running = asyncio.create_task(self.courier.run())
            async with asyncio.timeout(20):
                while not condition():  # noqa: ASYNC110 -- a condition of any kind
                    await asyncio.sleep(0.005)
            self.courier.stop()
            await asyncio.wait([running], timeout=0.2)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

        asyncio.run(run())

    def left(self) -> list[Letter]:
        """Return what is in the outbox."""
        return list(self.store.letters.listed())


def test_everything_arrives_and_is_gone(store: Store) -> None:
    """Each letter once, and a line in the log for each."""
    got: list[str] = []

    async def send(letter: Letter) -> None:
        got.append(letter.data["key"])

    put(store, *"abcdefghijkl")
    run = Run(store, send)
    run.until(lambda: not run.left())

    assert sorted(got) == list("abcdefghijkl")
    (first, *_) = run.said
    assert (first["event"], first["to"], first["topic"]) == (
        "notice_sent",
        "webhook crm",
        "complaint",
    )
    assert len(run.said) == 12


def test_no_more_than_its_slots_are_under_way(store: Store) -> None:
    """Several at a time, and never too many."""
    now, most = 0, 0

    async def send(_: Letter) -> None:
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.02)
        now -= 1

    put(store, *(str(number) for number in range(20)))
    run = Run(store, send, slots=4)
    run.until(lambda: not run.left())

    assert most == 4


def test_events_of_one_address_keep_their_order(store: Store) -> None:
    """While one fails, what is behind it waits, and other addresses go on."""
    got: list[tuple[str, int]] = []

    async def send(letter: Letter) -> Failure | None:
        got.append((letter.data["key"], letter.id))
        return Failure(why="away") if letter.id == 1 and letter.attempts < 3 else None

    put(store, "a", "b", "a", "b", "a", "c")
    run = Run(store, send)

    def later() -> bool:
        run.clock.at += timedelta(seconds=1)
        return not run.left()

    run.until(later)

    assert [at for key, at in got if key == "a"] == [1, 1, 1, 3, 5]
    assert {key for key, _ in got[: got.index(("a", 1), 1)]} == {"a", "b", "c"}


def test_after_the_last_attempt_it_is_given_up(store: Store) -> None:
    """Ten attempts over more than three days; then it lies in the outbox, and the log says so."""
    at: list[datetime] = []

    async def send(_: Letter) -> Failure:
        at.append(run.clock.at)
        return Failure(why="answered 500")

    put(store, "a")
    run = Run(store, send)

    def later() -> bool:
        run.clock.at += timedelta(minutes=30)
        return bool(list(store.letters.listed(dead=True)))

    run.until(later)

    (dead,) = run.left()
    assert (dead.attempts, dead.last_error) == (10, "answered 500")
    assert timedelta(days=3) < at[-1] - at[0] < timedelta(days=4)
    assert [one["event"] for one in run.said] == ["notice_failed"] * 9 + ["notice_dead"]
    assert [one["level"] for one in run.said] == ["warning"] * 9 + ["error"]
    assert run.said[0]["why"] == "answered 500"


def test_what_is_final_is_given_up_at_once(store: Store) -> None:
    """And what is behind it goes on."""

    async def send(letter: Letter) -> Failure | None:
        return Failure(why="answered 410 Gone", final=True) if letter.id == 1 else None

    put(store, "a", "a")
    run = Run(store, send)
    run.until(lambda: len(run.left()) == 1)

    (dead,) = run.left()
    assert (dead.id, dead.attempts, dead.dead_at is not None) == (1, 1, True)


def test_who_asks_for_time_gets_it(store: Store) -> None:
    """Retry-After beats the schedule."""

    async def send(_: Letter) -> Failure:
        return Failure(why="answered 429", after=timedelta(hours=1))

    put(store, "a")
    run = Run(store, send)
    run.until(lambda: run.left()[0].last_error)

    assert run.left()[0].due_at == run.clock.at + timedelta(hours=1)


def test_what_is_under_way_when_it_is_stopped_is_given_back(store: Store) -> None:
    """The next start has it at once, and this attempt did not count."""

    async def send(_: Letter) -> None:
        await asyncio.sleep(60)

    put(store, "a", "b")
    run = Run(store, send, slots=1)
    run.until(lambda: run.courier._under_way)

    (first, _) = run.left()
    assert (first.attempts, first.due_at) == (0, run.clock.at)
    assert first.last_error == "broken off, because the daemon was stopped"


def test_a_defect_loses_nothing(store: Store) -> None:
    """A sender that raises has failed, and is logged with the calls."""

    async def send(letter: Letter) -> None:
        if letter.attempts == 1:
            msg = "a defect"
            raise ZeroDivisionError(msg)

    put(store, "a")
    run = Run(store, send)

    def later() -> bool:
        run.clock.at += timedelta(seconds=1)
        return not run.left()

    run.until(later)

    events = [one["event"] for one in run.said]
    assert events == ["failure", "notice_failed", "notice_sent"]


def test_a_database_that_is_away_for_a_while_loses_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What has arrived is settled when it is back, and not sent again."""
    got: list[int] = []
    settle, failures = store.letters.settle, 3

    def fails(*arguments: Any) -> None:
        nonlocal failures
        failures -= 1
        if failures >= 0:
            msg = "the database is away"
            raise StoreUnavailableError(msg)
        settle(*arguments)

    async def send(letter: Letter) -> None:
        got.append(letter.id)

    monkeypatch.setattr(store.letters, "settle", fails)
    put(store, "a")
    run = Run(store, send)
    run.until(lambda: not run.left())

    assert got == [1]
    assert [one["event"] for one in run.said] == ["notice_sent", *["store_unavailable"] * 3]


def test_it_looks_again_when_it_is_woken(store: Store) -> None:
    """Long before its time."""
    got: list[int] = []

    async def send(letter: Letter) -> None:
        got.append(letter.id)

    run = Run(store, send, poll=60.0)
    woken = False

    def wake() -> bool:
        nonlocal woken
        if not woken:
            put(store, "a")
            run.courier.wake()
            woken = True
        return bool(got)

    run.until(wake)

    assert got == [1]
