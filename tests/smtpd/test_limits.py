"""Each limit, on a real socket: 421 with the reason, and gone."""

from __future__ import annotations

import asyncio
import itertools
import json
import socket
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import Client, House

EVERYBODY: tuple[str, ...] = ()  # nobody is exempt, not even 127.0.0.1


async def _gone(house: House) -> None:
    """Wait until no connection is left."""
    assert await house.listeners.service.wait(lambda: bool(house.listeners.service.connections), 5)


def test_connections_of_one_client(house: House) -> None:
    """The third of one address is one too many, and costs the others nothing."""
    house.settings |= {"connections_per_client": 2, "exempt": EVERYBODY}

    async def talk(house: House) -> None:
        clients = [await house.connect() for _ in range(3)]
        assert [(await one.reply())[:3] for one in clients] == ["220", "220", "421"]
        assert await clients[2].rest() == ""
        (told,) = house.named("limit_reached")
        assert (told["limit"], told["peer"]) == ("connections_per_client", "127.0.0.1")

        await clients[0].say("QUIT")
        await clients[0].rest()
        assert (await (await house.connect()).reply())[:3] == "220"

    house.run(talk)


def test_our_own_networks_are_exempt(house: House) -> None:
    """An MTA on the same machine may have as many connections and messages as there is room for."""
    house.settings |= {"connections_per_client": 1, "messages_per_client": 1}

    async def talk(house: House) -> None:
        clients = [await house.connect() for _ in range(5)]
        for client in clients:
            await client.greet()
            assert (await client.deliver())[:3] == "250"

    house.run(talk)


def test_messages_of_one_client(house: House) -> None:
    """Over all its connections; it is told at DATA, and keeps the message."""
    house.settings |= {"messages_per_client": 2, "exempt": EVERYBODY}

    async def talk(house: House) -> None:
        for _ in range(2):
            client = await house.connect()
            await client.greet()
            assert (await client.deliver())[:3] == "250"
        await client.envelope()
        assert (await client.say("DATA")).startswith("421 4.7.0 Too many messages of yours")
        assert await client.rest() == ""
        assert house.named("limit_reached")[0]["limit"] == "messages_per_client"

    house.run(talk)


def test_commands_without_a_message(house: House) -> None:
    """After so many the connection is closed; a message that is taken begins a new count."""
    house.settings["commands"] = 10

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        for _ in range(5):
            assert (await client.deliver())[:3] == "250"
        client.send(b"NOOP\r\n" * 200)
        said = (await client.rest()).splitlines()

        assert said == ["250 2.0.0 Ok"] * 10 + ["421 4.7.0 Too many commands, closing"]

    house.run(talk)


def test_many_recipients_are_not_many_commands(house: House) -> None:
    """They have a limit of their own, so that a large transaction never fails by the other one."""
    house.settings |= {"commands": 10, "recipients": 50}

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        replies = await client.envelope(*(f"b{number}@example.org" for number in range(50)))
        assert {one[:3] for one in replies} == {"250"}
        await client.say("DATA")
        client.send(b"x\r\n.\r\n")
        assert (await client.reply())[:3] == "250"

    house.run(talk)


@pytest.mark.parametrize(
    "line", [b"FOO", b"MAIL FROM:<", b"GET / HTTP/1.1", b"\xff" * 100, b"NOOP " + b"x" * 9000]
)
def test_errors_without_a_message(house: House, line: bytes) -> None:
    """After so many refused commands the connection is closed."""
    house.settings["errors"] = 4

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        client.send((line + b"\r\n") * 30)
        said = (await client.rest()).splitlines()

        assert [one[0] for one in said] == ["5"] * 4 + ["4"]
        assert said[-1] == "421 4.7.0 Too many errors, closing"
        assert house.named("limit_reached")[0]["limit"] == "errors"

    house.run(talk)


def test_a_message_that_is_taken_makes_up_for_errors(house: House) -> None:
    """A sender with a flaw of its own in each message is not cut off for that."""
    house.settings["errors"] = 2

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        for _ in range(5):
            assert (await client.say("XFOO"))[:3] == "500"
            assert (await client.deliver())[:3] == "250"

    house.run(talk)


def test_recipients_that_are_not_ours_are_no_errors(house: House) -> None:
    """One message may have many of them, beside one that is ours."""
    house.settings["errors"] = 2
    house.accept = ("bounces@example.org",)

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        others = [f"no{number}@example.net" for number in range(50)]
        replies = await client.envelope(*others, "bounces@example.org")
        assert [one[:3] for one in replies[1:]] == ["550"] * 50 + ["250"]

    house.run(talk)


def test_a_command_line_that_does_not_end(house: House) -> None:
    """After a megabyte of it the connection is closed; no more than a line of it was kept."""

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        for _ in range(40):
            client.send(b"x" * 2**15)
            await asyncio.sleep(0)

        assert (await client.rest()) == "421 4.7.0 Command line does not end, closing\r\n"
        assert house.named("limit_reached")[0]["limit"] == "command_length"

    house.run(talk)


def test_the_length_of_a_command(house: House) -> None:
    """As long as the limit is fine, CRLF not counted; one more is 500."""
    house.settings["command_length"] = 1024

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()

        assert (await client.say(b"NOOP ".ljust(1024, b"x")))[:3] == "250"
        assert (await client.say(b"NOOP ".ljust(1025, b"x")))[:9] == "500 5.5.2"

    house.run(talk)


def test_noop_does_not_hold_a_connection(house: House) -> None:
    """A session has an end, however lively the client."""
    house.settings |= {"session": 0.5, "idle": 5.0}

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        said = "250"
        while said.startswith("250"):
            said = await client.say("NOOP")
            await asyncio.sleep(0.02)

        assert said == "421 4.4.2 Connection was open for long enough, closing"
        await _gone(house)

    house.run(talk)


def test_a_session_ends_after_the_message_that_is_being_sent(house: House) -> None:
    """It gets its reply, and then 421."""
    house.settings |= {"session": 0.3, "data_rate": 1}

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        await client.envelope()
        await client.say("DATA")
        for _ in range(6):
            client.send(b"a line\r\n")
            await asyncio.sleep(0.1)
        client.send(b".\r\n")

        assert (await client.reply()).startswith("250 2.0.0")
        assert (await client.rest()).startswith("421 4.4.2 Connection was open")

    house.run(talk)


def test_a_drip_is_cut_off(house: House) -> None:
    """One octet at a time is a silence, for the whole message: 421 after the idle time."""
    house.settings |= {"idle": 0.5, "data_rate": 1000}

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        await client.envelope()
        await client.say("DATA")
        told = asyncio.create_task(client.rest())
        started = asyncio.get_running_loop().time()
        while not told.done():
            client.send(b"x")
            await asyncio.sleep(0.02)

        assert (await told) == "421 4.4.2 Message comes too slowly, closing\r\n"
        assert asyncio.get_running_loop().time() - started < 1.5
        assert house.named("broken_off")
        await _gone(house)

    house.run(talk)


@pytest.mark.parametrize("phase", ["banner", "starttls"])
def test_a_client_that_is_silent_anywhere(house: House, phase: str) -> None:
    """Whatever it should do next, its place is free after the idle time."""
    house.settings["idle"] = 0.3

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        if phase == "starttls":
            house.listeners.service.tls = _context
            assert (await client.say("STARTTLS")).startswith("220")
        await _gone(house)

    house.run(talk)


def _context() -> object:
    import ssl  # noqa: PLC0415 -- one test

    return ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)


@pytest.mark.parametrize("line", [b"EHLO x\r\n", b"RSET\r\n", b"VRFY x\r\n"])
def test_who_does_not_read_is_not_read_from(house: House, line: bytes) -> None:
    """A client that only writes: our memory stays small, and the socket is free in the end."""
    house.settings |= {"idle": 0.5, "commands": 10**9, "errors": 10**9}

    async def talk(house: House) -> None:
        client = await house.connect()
        client.transport.pause_reading()
        client.send(line * 400_000)
        await asyncio.sleep(0.3)
        (connection,) = house.listeners.service.connections
        assert len(connection._buffer) <= 2**12 + len(line)
        assert connection._transport.get_write_buffer_size() < 2**15
        await _gone(house)

    house.run(talk)


def test_large_messages_make_room_for_small_ones(house: House) -> None:
    """With the memory full of half-sent messages, the largest is told 452; the small get in."""
    house.settings |= {"message_size": 400_000, "memory": 1_000_000}

    async def begin(house: House, octets: int) -> Client:
        client = await house.connect()
        await client.greet()
        await client.envelope()
        await client.say("DATA")
        client.send(b"x" * octets)
        await asyncio.sleep(0.1)
        return client

    async def talk(house: House) -> None:
        large = [await begin(house, octets) for octets in (300_000, 350_000, 200_000)]
        client = await house.connect()
        await client.greet()
        assert (await client.deliver(b"y" * 200_000 + b"\r\n"))[:3] == "250"
        for one in large:
            one.send(b"\r\n.\r\n")
        replies = [await one.reply() for one in large]

        assert [one[:9] for one in replies] == ["250 2.0.0", "452 4.3.1", "250 2.0.0"]
        assert house.listeners.service.memory.held == 0

    house.run(talk)


def test_what_the_store_can_not_follow_waits_at_the_senders(house: House) -> None:
    """While commits hang, messages are taken until the memory is full; then 452 instead of 354."""
    house.settings |= {"message_size": 50_000, "memory": 200_000}
    house.writer.hold = True

    async def talk(house: House) -> None:
        answers = []
        clients = []
        for _ in range(10):
            client = await house.connect()
            await client.greet()
            await client.envelope()
            answers.append((await client.say("DATA"))[:9])
            if answers[-1].startswith("354"):
                client.send(b"x" * 40_000 + b"\r\n.\r\n")
                await asyncio.sleep(0.05)
                clients.append(client)
        assert answers[:4] == ["354 End d"] * 4
        assert set(answers[5:]) == {"452 4.3.1"}
        assert house.listeners.service.memory.held <= 200_000

        while house.listeners.service.takings:
            house.writer.commit()
            await asyncio.sleep(0.01)
        codes = [(await one.reply())[:3] for one in clients]
        assert codes.count("250") == len(house.writer.messages)
        assert (await client.say("NOOP"))[:3] == "250"
        assert house.listeners.service.memory.held == 0

    house.run(talk)


def test_a_flood_is_logged_in_few_lines(house: House) -> None:
    """A thousand clients too many in a moment: some lines, and one that counts the others."""
    house.settings["connections"] = 1

    async def talk(house: House) -> None:
        await (await house.connect()).reply()
        _, port = house.listeners.addresses[0].rsplit(":", 1)
        for _ in range(1000):
            with socket.create_connection(("127.0.0.1", int(port))):
                await asyncio.sleep(0)
        await asyncio.sleep(1.5)
        lines = [json.loads(line) for line in house.stream.getvalue().splitlines()]
        seconds = [list(group) for _, group in itertools.groupby(lines, _second)]

        assert max(len(group) for group in seconds) < 100
        more = sum(one["times"] for one in house.named("limits_more"))
        assert len(house.named("limit_reached")) + more == 1000

    house.run(talk)


def _second(event: dict[str, str]) -> str:
    return event["timestamp"][:19]
