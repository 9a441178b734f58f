"""Connections on real sockets: their number, their silence, and clients that don't read."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from bounced.log import Log
from bounced.lookup.policy import Policy
from bounced.lookup.server import Server
from bounced.lookup.socketmap import Socketmap, netstring

ASKED = netstring("blocked dead@example.net")
ANSWER = netstring("OK REJECT dead")
Client = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Talk = Callable[[Callable[[], Awaitable[Client]], Server], Awaitable[None]]


def ask(address: str, _stream: str) -> str | None:
    """Answer."""
    return "REJECT dead" if address == "dead@example.net" else None


async def until(condition: Callable[[], bool]) -> None:
    """Wait until *condition* holds."""
    while not condition():  # noqa: ASYNC110 -- the server tells nobody when it sees a client go
        await asyncio.sleep(0.01)


@pytest.fixture
def run(tmp_path: Path, log: Log) -> Callable[..., None]:
    """Return a function that runs a server and lets a client talk to it."""

    def go(talk: Talk, *, protocol: str = "socketmap", **options: Any) -> None:
        async def both() -> None:
            server = Server(log=log, **{"limit": 10} | options)
            path = str(tmp_path / "sock")
            listening = socket.socket(socket.AF_UNIX)
            listening.bind(path)
            dialogues: dict[str, Callable[[], Any]] = {
                "socketmap": lambda: Socketmap(ask, {"default"}),
                "policy": lambda: Policy(ask, lambda _: "default"),
            }
            [serving] = await server.listen([(listening, dialogues[protocol])])
            sweeper = asyncio.create_task(server.sweep())
            await talk(lambda: asyncio.open_unix_connection(path), server)
            sweeper.cancel()
            serving.close()
            for one in list(server.connections):
                one.close()
            await asyncio.sleep(0)

        asyncio.run(asyncio.wait_for(both(), 60))

    return go


def test_many_requests_at_once_are_all_answered_in_order(run: Callable[..., None]) -> None:
    """Pipelined on one connection, far more than is taken at a time."""

    async def talk(connect: Callable[[], Awaitable[Client]], _: Server) -> None:
        reader, writer = await connect()
        other = netstring("blocked alive@example.net")
        writer.write((ASKED + other) * 5000)
        expected = (ANSWER + netstring("NOTFOUND ")) * 5000
        assert await reader.readexactly(len(expected)) == expected
        writer.close()

    run(talk)


def test_a_client_that_sends_thousands_keeps_nobody_waiting(run: Callable[..., None]) -> None:
    """Another one's single question is answered long before all of its."""

    async def talk(connect: Callable[[], Awaitable[Client]], _: Server) -> None:
        many, writer = await connect()
        writer.write(ASKED * 50_000)
        reader, one = await connect()
        one.write(ASKED)
        await reader.readexactly(len(ANSWER))
        assert len(many._buffer) < 25_000 * len(ANSWER)  # type: ignore[attr-defined]
        writer.close()
        one.close()

    run(talk)


def test_a_client_that_does_not_read_is_not_read_from(run: Callable[..., None]) -> None:
    """Its answers don't pile up here; when it reads again, all of them are there."""

    async def talk(connect: Callable[[], Awaitable[Client]], server: Server) -> None:
        reader, writer = await connect()
        reader._transport.pause_reading()  # type: ignore[attr-defined]
        writer.write(ASKED * 100_000)
        await asyncio.sleep(0.5)
        [connection] = server.connections
        assert connection._transport
        assert connection._transport.get_write_buffer_size() < 200_000
        reader._transport.resume_reading()  # type: ignore[attr-defined]
        assert await reader.readexactly(len(ANSWER) * 100_000) == ANSWER * 100_000
        writer.close()

    run(talk)


def test_one_client_too_many_is_sent_away(run: Callable[..., None], lines: Any) -> None:
    """And logged; when another one has gone there is room again."""

    async def talk(connect: Callable[[], Awaitable[Client]], server: Server) -> None:
        first, second, third = [await connect() for _ in range(3)]
        assert await third[0].read() == b""
        first[1].close()
        await until(lambda: len(server.connections) == 1)
        fourth = await connect()
        for reader, writer in (second, fourth):
            writer.write(ASKED)
            assert await reader.readexactly(len(ANSWER)) == ANSWER
        for _, writer in (second, third, fourth):
            writer.close()

    run(talk, limit=2)

    assert [one["limit"] for one in lines.events("connections_full")] == [2]


def test_a_silent_client_is_sent_away(run: Callable[..., None]) -> None:
    """One that goes on talking is not."""

    async def talk(connect: Callable[[], Awaitable[Client]], _: Server) -> None:
        silent, quiet = await connect()
        reader, writer = await connect()
        quiet.write(ASKED[:5])
        end = asyncio.create_task(silent.read())
        while not end.done():
            writer.write(ASKED)
            assert await reader.readexactly(len(ANSWER)) == ANSWER
            await asyncio.sleep(0.02)
        assert end.result() == b""
        writer.close()
        quiet.close()

    run(talk, idle=0.4)


@pytest.mark.parametrize(
    ("protocol", "sent", "told"),
    [
        ("socketmap", b"HELO x\r\n", netstring("PERM this is no netstring")),
        ("policy", b"HELO x\n\n", b""),
    ],
)
def test_a_client_of_another_protocol_is_sent_away(
    run: Callable[..., None], lines: Any, protocol: str, sent: bytes, told: bytes
) -> None:
    """With what the protocol says, and a line in the log; later clients are served."""

    async def talk(connect: Callable[[], Awaitable[Client]], _: Server) -> None:
        for _ in range(2):
            reader, writer = await connect()
            writer.write(sent)
            assert await reader.read() == told
            writer.close()

    run(talk, protocol=protocol)

    assert [one["peer"] for one in lines.events("refused")] == ["local", "local"]


def test_a_client_that_breaks_off_leaves_nothing(run: Callable[..., None], lines: Any) -> None:
    """Half a request, or the connection reset before the answer."""

    async def talk(connect: Callable[[], Awaitable[Client]], server: Server) -> None:
        for sent in (ASKED[:7], ASKED * 1000):
            _, writer = await connect()
            writer.write(sent)
            await writer.drain()
            writer.transport.abort()
        await until(lambda: not server.connections)

    run(talk)

    assert lines.getvalue() == ""


def test_what_is_answered_in_one_turn_was_read_in_the_turn_before(tmp_path: Path, log: Log) -> None:
    """A question that comes while others are answered is not answered from their view."""
    told: list[str] = []
    clients = [socket.socket(socket.AF_UNIX) for _ in range(2)]

    def ask_of(address: str, _stream: str) -> None:
        if not told:  # the other client's first question waits by now, and here comes its second
            clients[1].sendall(netstring("blocked late@example.net"))
            asyncio.get_running_loop().call_soon(told.append, "the turn is over")
        told.append(address)

    async def talk() -> None:
        server = Server(log=log, limit=10)
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(tmp_path / "sock"))
        [serving] = await server.listen([(listening, lambda: Socketmap(ask_of, {"default"}))])
        for client in clients:
            client.connect(str(tmp_path / "sock"))
        await until(lambda: len(server.connections) == len(clients))
        for name, client in zip(("first", "second"), clients, strict=True):
            client.sendall(netstring(f"blocked {name}@example.net"))
        await until(lambda: len(told) == 4)
        serving.close()
        for connection in list(server.connections):
            connection.close()

    asyncio.run(asyncio.wait_for(talk(), 60))
    for client in clients:
        client.close()

    assert sorted(told[:2]) == ["first@example.net", "second@example.net"]
    assert told[2:] == ["the turn is over", "late@example.net"]
