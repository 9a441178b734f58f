"""Readers that crash, hang, grow and talk nonsense: what that does to their messages and others."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import socket
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hostile
import pytest

from bounced import pipeline
from bounced.errors import ChildError, ReadersAwayError, UnreadableError
from bounced.model import Envelope, Kind, Reading
from bounced.reading import Readers, Task
from bounced.reading.forkserver import ForkServer

if TYPE_CHECKING:
    from conftest import House

    from bounced.classify import RuleBook

FIXTURES = sorted((Path(__file__).parents[2] / "fixtures").rglob("*.eml"))
GOOD = hostile.dsn(hostile.RECIPIENT)
ENVELOPE = Envelope(reverse_path="", forward_paths=("bounces@example.org",))


async def read(readers: Readers, raw: bytes) -> tuple[Reading, str]:
    """Read one message."""
    return await readers.read(raw, ENVELOPE)


def _workers(readers: Readers) -> list[int]:
    return [one.process for one in readers._idle]


def _gone(process: int) -> bool:
    try:
        return ") Z " in Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return True


async def _kill(*processes: int) -> None:
    for process in processes:
        os.kill(process, signal.SIGKILL)
    await _until(lambda: all(map(_gone, processes)))


async def _until(condition: Any) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 -- other processes tell nobody
            await asyncio.sleep(0.01)


def test_a_worker_reads_as_the_core_does(house: House, rules: RuleBook) -> None:
    """The same of every fixture, to the last field; and no charset is missing in there."""
    raws = [path.read_bytes() for path in FIXTURES]

    async def talk(readers: Readers) -> None:
        for path, raw in zip(FIXTURES, raws, strict=True):
            reading, fingerprint = await read(readers, raw)
            assert reading == pipeline.read(raw, ENVELOPE, rules), path
            assert fingerprint == pipeline.fingerprint(raw)

    house.run(talk)


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ("spin", "reading it took longer than 1 s"),
        ("grow", "reading it took more than 256 MiB of memory"),
        (f"signal {signal.SIGSEGV:d}", "the reader was ended by SIGSEGV"),
        (f"signal {signal.SIGKILL:d}", "the reader was ended by SIGKILL"),
        (f"signal {signal.SIGABRT:d}", "the reader was ended by SIGABRT"),
        ("exit 0", "the reader ended with exit code 0"),
        ("garbage \xff\xff\xff\xff\xff\xff", "it answered garbage: no reply begins so"),
        ("garbage \0\0\0\0\2{}", "it answered garbage: "),
        ("garbage \0\0\0\0\5[1,2]", "it answered garbage: "),
    ],
)
def test_a_message_that_ends_its_reader_twice(house: House, message: str, why: str) -> None:
    """It is tried once more in a new process, then given up, with why; the next one is read."""

    async def talk(readers: Readers) -> None:
        with pytest.raises(UnreadableError) as given_up:
            await read(readers, message.encode("latin-1"))
        assert given_up.value.name.startswith(why)
        start = time.monotonic()
        reading, _ = await read(readers, GOOD)
        assert time.monotonic() - start < 2
        assert reading.report.kind is Kind.BOUNCE

    house.run(talk)

    assert [one["attempt"] for one in house.events("reader_ended")] == [1, 2]


@pytest.mark.parametrize("name", [type(one).__name__ for one in hostile.EXCEPTIONS])
def test_what_a_reader_raises_costs_its_message_alone(house: House, name: str) -> None:
    """The message is given up at once, and the same process reads on; memory is another matter."""

    async def talk(readers: Readers) -> None:
        before = _workers(readers)
        with pytest.raises(UnreadableError) as given_up:
            await read(readers, f"raise {name}".encode())
        assert given_up.value.name == name
        assert _workers(readers) == before

    if name != "MemoryError":
        house.run(talk)
        assert house.events("reader_ended") == []


def test_an_innocent_message_is_read_at_the_second_attempt(house: House) -> None:
    """What ended its reader may have been something else than the message."""

    async def talk(readers: Readers) -> None:
        await read(readers, b"remember")
        reading, _ = await read(readers, b"once " + GOOD)
        assert reading.report.kind in Kind

    house.run(talk)

    assert [one["attempt"] for one in house.events("reader_ended")] == [1]


def test_others_are_read_while_a_message_hangs(house: House) -> None:
    """They wait for nobody, as long as one reader is left."""

    async def talk(readers: Readers) -> None:
        hanging = asyncio.ensure_future(read(readers, b"sleep 30"))
        await asyncio.sleep(0.05)
        for _ in range(20):
            await read(readers, GOOD)
        assert not hanging.done()
        with pytest.raises(ReadersAwayError):
            await hanging

    house.run(talk)


def test_a_machine_that_is_busy_is_no_fault_of_the_message(house: House) -> None:
    """With too little of the processor, twice, its sender is asked to come again."""

    async def talk(readers: Readers) -> None:
        with pytest.raises(ReadersAwayError, match=r"^3 s were over, and the machine"):
            await read(readers, b"sleep 30")

    house.run(talk)

    assert [one["attempt"] for one in house.events("reader_ended")] == [1, 2]


def test_many_that_hang_leave_the_others_their_readers(house: House) -> None:
    """Second attempts are made one at a time, beside the readers that the others have."""

    async def talk(readers: Readers) -> None:
        hanging = [asyncio.ensure_future(read(readers, b"sleep 30")) for _ in range(4)]
        await asyncio.sleep(6.4)  # all first attempts are over
        for _ in range(20):
            await read(readers, GOOD)
        assert not all(one.done() for one in hanging)
        ends = await asyncio.gather(*hanging, return_exceptions=True)
        assert {type(one) for one in ends} == {ReadersAwayError}

    house.run(talk)


def test_a_reader_that_is_killed_while_it_has_nothing_to_do(house: House) -> None:
    """The next message finds a new one, within two seconds, and is charged no attempt."""

    async def talk(readers: Readers) -> None:
        await _kill(*_workers(readers))
        start = time.monotonic()
        reading, _ = await read(readers, GOOD)
        assert time.monotonic() - start < 2
        assert reading.report.kind is Kind.BOUNCE

    house.run(talk)

    ended = house.events("reader_ended")
    assert {one["attempt"] for one in ended} == {0}
    assert "SIGKILL" in ended[0]["why"]


def test_a_reader_that_is_stopped_is_ended(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own clock ends it as soon as it runs on; till then the daemon's does."""
    monkeypatch.setattr("bounced.reading.forkserver._GRACE", 0.2)

    async def talk(readers: Readers) -> None:
        with pytest.raises(UnreadableError, match="did not answer"):
            await read(readers, f"signal {signal.SIGSTOP:d}".encode())
        assert (await read(readers, GOOD))[0].report.kind is Kind.BOUNCE

    house.run(talk)


def test_the_process_that_forks_is_started_again(house: House) -> None:
    """When it is missed; a reader that it had left goes on reading until then."""

    async def talk(readers: Readers) -> None:
        assert readers._server
        os.kill(readers._server._process.pid, signal.SIGKILL)
        await readers._server._process.wait()
        await read(readers, GOOD)
        await _kill(*_workers(readers))
        assert await asyncio.gather(*(read(readers, GOOD) for _ in range(3)))

    house.run(talk)


def test_where_no_process_is_to_be_had_the_message_is_not_taken(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ReadersAwayError while fork fails, and as soon as it doesn't, the message is read."""
    ask = ForkServer.ask

    async def refuse(self: ForkServer, request: str, sent: socket.socket | None = None) -> int:
        return -errno.EAGAIN if request == "fork" else await ask(self, request, sent)

    async def talk(readers: Readers) -> None:
        await _kill(*_workers(readers))
        with monkeypatch.context() as short:
            short.setattr(ForkServer, "ask", refuse)
            for _ in range(2):
                with pytest.raises(ReadersAwayError, match="Resource temporarily unavailable"):
                    await read(readers, GOOD)
        assert (await read(readers, GOOD))[0].report.kind is Kind.BOUNCE

    house.run(talk)


def test_a_start_that_fails_is_not_tried_with_every_message(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once a second; the others are told so at once."""

    async def talk(readers: Readers) -> None:
        assert readers._server
        os.kill(readers._server._process.pid, signal.SIGKILL)
        await readers._server._process.wait()
        await _kill(*_workers(readers))
        with monkeypatch.context() as short:
            short.setattr("sys.executable", "/bin/false")
            reads = [read(readers, GOOD) for _ in range(50)]
            ends = await asyncio.gather(*reads, return_exceptions=True)
            assert {type(one) for one in ends} == {ReadersAwayError}
        await asyncio.sleep(1)
        assert (await read(readers, GOOD))[0].report.kind is Kind.BOUNCE

    house.run(talk)

    assert len(house.events("failure")) == 1


def test_a_message_waits_for_its_turn_only_so_long(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then its sender is asked to come back."""

    async def talk(readers: Readers) -> None:
        slow = [asyncio.ensure_future(read(readers, b"sleep 0.6")) for _ in range(2)]
        await asyncio.sleep(0.05)
        with monkeypatch.context() as short:
            short.setattr(readers, "_patience", 0.1)
            with pytest.raises(ReadersAwayError, match=r"no reader was free for 0\.1 s"):
                await read(readers, GOOD)
        await asyncio.gather(*slow)

    house.run(talk)


def test_a_new_task_is_read_by_from_the_next_message_on(house: House) -> None:
    """What is being read is finished by the old rules, and then the old processes are gone."""
    rule = {"id": "own.zebra", "cause": "mailbox_full", "pattern": "zebra crossing"}
    rule |= {"source": "made up for this test", "example": "550 zebra crossing"}
    raw = GOOD.replace(b"5.1.1 User unknown", b"5.0.0 zebra crossing")

    async def talk(readers: Readers) -> None:
        assert readers._server
        old = [*_workers(readers), readers._server._process.pid]
        slow = asyncio.ensure_future(read(readers, b"sleep 0.5"))
        await asyncio.sleep(0.05)
        await readers.reload(replace(house.task, tables=[("own.toml", {"rule": [rule]})]))
        reading, _ = await read(readers, raw)
        assert reading.judged[0].verdict
        assert reading.judged[0].verdict.rule == "own.zebra"
        await slow
        await _until(lambda: all(map(_gone, old)))

    house.run(talk)


def test_a_new_task_that_is_broken_leaves_the_old_one(house: House) -> None:
    """And whoever asked is told."""

    async def talk(readers: Readers) -> None:
        before = _workers(readers)
        with pytest.raises(ChildError, match="that reads mail did not start"):
            await readers.reload(Task(tables=[("own.toml", {"rule": [{}]})]))
        assert _workers(readers) == before
        assert (await read(readers, GOOD))[0].report.kind is Kind.BOUNCE

    house.run(talk)


def test_readers_see_what_is_ours(house: House) -> None:
    """Streams by address, which the settings name."""

    async def talk(readers: Readers) -> None:
        await readers.reload(replace(house.task, streams={"news": ["@news.example.com"]}))
        paths = ("b@news.example.com", "b@example.com")
        streams = [
            (await readers.read(GOOD, Envelope(forward_paths=(path,))))[0].claim.stream
            for path in paths
        ]
        assert streams == ["news", None]

    house.run(talk)


def test_whoever_stops_waiting_leaves_no_process_behind(house: House) -> None:
    """A reader whose answer nobody wants ends, and the others go on."""

    async def talk(readers: Readers) -> None:
        busy = asyncio.ensure_future(read(readers, b"sleep 0.3"))
        await asyncio.sleep(0.05)
        busy.cancel()
        with pytest.raises(asyncio.CancelledError):
            await busy
        assert (await read(readers, GOOD))[0].report.kind is Kind.BOUNCE

    house.run(talk)


def test_a_large_message(house: House) -> None:
    """25 MiB get through, and back comes what the core says."""
    raw = hostile.dsn(hostile.RECIPIENT) + b"x" * (25 * 2**20)

    async def talk(readers: Readers) -> None:
        reading, fingerprint = await read(readers, raw)
        assert reading.report.kind is Kind.BOUNCE
        assert fingerprint == pipeline.fingerprint(raw)

    house.run(talk)
