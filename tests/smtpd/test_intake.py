"""The way of one message: each step fails once."""

from __future__ import annotations

import asyncio
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from bounced.errors import StoreFullError, StoreUnavailableError
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


@pytest.mark.parametrize(
    "error", [RecursionError(), ValueError("x\r\n250 Ok"), MemoryError(), UnicodeError("ä")]
)
def test_a_reader_that_fails_stops_nothing(house: House, error: Exception) -> None:
    """The message is kept as unrecognised, answered 250, and the failure is logged."""
    assert _take(house, read=_raise(error)).startswith("250")

    (stored,) = house.writer.messages
    assert Kind.UNRECOGNISED is stored.reading.report.kind
    assert type(error).__name__ in stored.reading.report.defects[0].text
    assert type(error).__name__ in house.named("reader_failed")[0]["why"]


def test_a_reader_that_never_ends_stops_nothing(house: House) -> None:
    """After its patience the intake stores the message without a reading."""
    wakened = threading.Event()
    try:
        answer = _take(house, read=lambda *_: wakened.wait(20), patience=0.05)
    finally:
        wakened.set()

    assert answer.startswith("250")
    assert Kind.UNRECOGNISED is house.writer.messages[0].reading.report.kind
    assert "TimeoutError" in house.named("reader_failed")[0]["why"]


def test_a_fingerprint_that_fails_is_taken_from_all_the_bytes(house: House) -> None:
    """The hash of the raw bytes stands in: the message is stored all the same."""
    assert _take(house, fingerprint=_raise(ValueError())).startswith("250")
    assert len(house.writer.messages[0].fingerprint) == 64
    assert house.writer.messages[0].fingerprint != "0" * 64


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


def test_queue_ids_sort_by_time_and_never_come_twice() -> None:
    """Also within one microsecond, and when the clock goes back."""
    times = iter([1_800_000_000_000_000_000] * 500 + [1_700_000_000_000_000_000] * 500)
    ids = QueueIds(lambda: next(times))
    made = [ids() for _ in range(1000)]

    assert sorted(made) == made
    assert len(set(made)) == 1000
    assert {13} == {len(one) for one in made}
