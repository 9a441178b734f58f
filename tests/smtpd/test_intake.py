"""The way of one message: each step fails once."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import hostile
import pytest

from bounced.errors import (
    ReadersAwayError,
    StoreFullError,
    StoreUnavailableError,
    UnreadableError,
)
from bounced.model import Envelope, Kind
from bounced.smtpd import QueueIds

if TYPE_CHECKING:
    from conftest import House

_ENVELOPE = Envelope(reverse_path="", forward_paths=("bounces@example.org",))
_NOON = datetime(2030, 1, 2, 12, tzinfo=UTC)


def _take(house: House, **changed: Any) -> str:
    intake = house.intake(now=lambda: _NOON, queue_ids=lambda: "Q1", **changed)
    row = asyncio.run(intake.take(b"raw", _ENVELOPE, source="smtp", peer="192.0.2.1"))
    assert int(str(row).startswith("250")) == intake.taken
    return str(row)


def _raise(error: Exception) -> Any:
    def raises(*_: object) -> None:
        raise error

    return raises


def test_a_message_is_stored_logged_and_answered(house: House) -> None:
    """All that is known of it goes into the store, and one event into the log."""
    assert _take(house) == "250 2.0.0 Ok: queued as Q1"

    (stored,) = house.writer.messages
    (event,) = house.events
    assert (stored.raw, stored.envelope, stored.received_at) == (b"raw", _ENVELOPE, _NOON)
    assert (stored.fingerprint, stored.queue_id) == ("0" * 64, "Q1")
    assert (stored.source, stored.peer, stored.stream) == ("smtp", "192.0.2.1", "default")
    assert (
        event["event"],
        event["queue_id"],
        event["kind"],
        event["size"],
    ) == ("message", "Q1", "other", 3)


def _unread(error: Exception) -> Any:
    async def raises(*_: object) -> None:
        raise error

    return raises


def test_a_message_that_no_reader_comes_to_an_end_with(house: House) -> None:
    """It is kept as unrecognised with why, answered 250, and logged."""
    error = UnreadableError("ValueError", "x\r\n250 Ok")
    assert _take(house, read=_unread(error)).startswith("250")

    (stored,) = house.writer.messages
    assert stored.reading.report.kind is Kind.UNRECOGNISED
    assert stored.reading.report.defects[0].text == "failed: ValueError"
    assert stored.fingerprint == hashlib.sha256(b"raw").hexdigest()
    (event,) = house.named("reader_failed")
    assert event["why"].startswith("ValueError: x\\u000d\\u000a250")


def test_where_there_is_no_reader_the_sender_keeps_the_message(house: House) -> None:
    """451, nothing is stored, and it is no defect of the program."""
    error = ReadersAwayError("no process to read mail: Cannot allocate memory")
    assert _take(house, read=_unread(error)) == "451 4.3.0 Local error, try again later"

    assert house.writer.messages == []
    assert [one["event"] for one in house.events] == ["deferred"]


@pytest.mark.parametrize("error", hostile.EXCEPTIONS, ids=lambda error: type(error).__name__)
def test_any_other_exception_is_a_451_of_constant_text(house: House, error: Exception) -> None:
    """Whatever its kind and its text: the sender keeps the message, and is told nothing of it."""
    assert _take(house, read=_unread(error)) == "451 4.3.0 Local error, try again later"

    assert house.writer.messages == []
    assert house.named("failure")[0]["why"].startswith(type(error).__name__)


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (StoreUnavailableError("locked"), "451 4.3.0"),
        (StoreFullError("full"), "452 4.3.1"),
        (OSError(28, "No space left", "/var/lib/x"), "451 4.3.0"),
        (RuntimeError("ä\r\n250 Ok"), "451 4.3.0"),
    ],
)
def test_a_commit_that_fails_is_answered_with_4xx(
    house: House, error: Exception, answer: str
) -> None:
    """The sender keeps the message; the log says why."""
    house.writer.error = error

    assert _take(house).startswith(answer)
    assert type(error).__name__ in house.named("deferred")[0]["why"]


def test_a_writer_that_raises_at_once(house: House) -> None:
    """A writer that was stopped refuses by raising, not by its future."""

    class Stopped:
        submit = staticmethod(_raise(RuntimeError("stopped")))

    assert _take(house, writer=Stopped()).startswith("451 4.3.0")


def test_a_clock_that_fails(house: House) -> None:
    """Nothing that happens before the commit can give 250."""
    intake = house.intake(now=_raise(OverflowError()))

    row = asyncio.run(intake.take(b"raw", _ENVELOPE, source="smtp", peer=""))

    assert row.code == 451
    assert house.writer.messages == []


def test_a_log_that_fails_after_the_commit_changes_nothing(house: House) -> None:
    """What is committed is answered 250, or the sender would send it again."""

    class Broken:
        message = staticmethod(_raise(OSError("pipe")))

    assert _take(house, log=Broken()).startswith("250")


def test_a_log_that_fails_does_not_hide_the_answer(house: House) -> None:
    """With a store that fails and a log that fails the sender still hears 4xx."""

    class Broken:
        deferred = staticmethod(_raise(OSError("pipe")))

    house.writer.error = StoreUnavailableError("locked")

    assert _take(house, log=Broken()).startswith("451")


def test_how_long_a_commit_is_waited_for(house: House) -> None:
    """The oldest one counts, and none counts when it is over: that is what the watchdog asks."""
    house.writer.hold = True
    intake = house.intake()

    async def take_one() -> None:
        taking = asyncio.ensure_future(intake.take(b"raw", _ENVELOPE, source="smtp", peer=""))
        await asyncio.sleep(0.1)
        assert 0.02 < intake.waited < 1
        house.writer.commit()
        await taking

    assert intake.waited < 0.01
    asyncio.run(take_one())
    assert intake.waited < 0.01


def test_queue_ids_sort_by_time_and_never_come_twice() -> None:
    """Also within one microsecond, and when the clock goes back."""
    times = iter([1_800_000_000_000_000_000] * 500 + [1_700_000_000_000_000_000] * 500)
    ids = QueueIds(lambda: next(times))
    made = [ids() for _ in range(1000)]

    assert sorted(made) == made
    assert len(set(made)) == 1000
    assert {13} == {len(one) for one in made}
