"""The life of a connection: silence, slowness, leaving, limits."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from conftest import House


@pytest.mark.parametrize("words", [[], ["EHLO x"], ["EHLO x", "MAIL FROM:<>"]])
def test_a_silent_client_is_told_and_sent_away(house: House, words: list[str]) -> None:
    """421 4.4.2 after the idle time, at whatever point of the dialogue."""
    house.settings["idle"] = 0.3

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.reply()
        for word in words:
            await client.say(word)

        assert await client.rest() == "421 4.4.2 Nothing heard for too long, closing\r\n"

    house.run(talk)


def test_a_client_that_falls_silent_in_a_message(house: House) -> None:
    """421 as well; half a message is never stored."""
    house.settings["idle"] = 0.3

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        await client.envelope()
        await client.say("DATA")
        client.send(b"Subject: half\r\n")

        assert (await client.rest()).startswith("421 4.4.2")
        assert house.writer.messages == []

    house.run(talk)


def test_a_slow_honest_sender_is_not_cut_off(house: House) -> None:
    """The idle time counts from the last bytes, not from DATA: three times as long is fine."""
    house.settings |= {"idle": 0.5, "data_rate": 50}

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        await client.envelope()
        await client.say("DATA")
        for _ in range(15):
            client.send(b"a line\r\n")
            await asyncio.sleep(0.1)
        client.send(b".\r\n")

        assert (await client.reply()).startswith("250 2.0.0")
        assert house.writer.bodies == [b"a line\r\n" * 15]

    house.run(talk)


def test_a_command_that_never_ends_is_no_sign_of_life(house: House) -> None:
    """Bytes that drip into a command line do not keep a connection."""
    house.settings["idle"] = 0.4

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        told = asyncio.create_task(client.reply())
        for _ in range(50):
            if told.done():
                break
            client.send(b"N")
            await asyncio.sleep(0.1)

        assert (await told).startswith("421 4.4.2")

    house.run(talk)


def test_a_slow_commit_is_waited_for(house: House) -> None:
    """Our own work is never interrupted by the client's idle time."""
    house.settings["idle"] = 0.2
    house.writer.hold = True

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        await client.envelope()
        await client.say("DATA")
        client.send(b"x\r\n.\r\n")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.reader.readline(), 0.7)
        house.writer.commit()

        assert (await client.reply()).startswith("250 2.0.0")

    house.run(talk)


def test_no_250_before_the_commit(house: House) -> None:
    """The reply waits for the store, and so does what was pipelined behind the message."""
    house.writer.hold = True

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        await client.envelope()
        await client.say("DATA")
        client.send(b"x\r\n.\r\nNOOP\r\n")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(client.reader.read(1), 0.2)
        assert len(house.writer.messages) == 1
        house.writer.commit()

        assert (await client.reply()).startswith("250 2.0.0 Ok: queued")
        assert await client.reply() == "250 2.0.0 Ok"

    house.run(talk)


@pytest.mark.parametrize("how", ["close", "abort"])
def test_a_client_that_breaks_off_its_message_is_logged(house: House, how: str) -> None:
    """With how much had come; nothing of it is kept, as the client still has it."""

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        await client.envelope()
        await client.say("DATA")
        client.send(b"Subject: half\r\n")
        await asyncio.sleep(0.1)
        getattr(client.writer.transport, how)()
        await asyncio.sleep(0.2)

        assert [(one["event"], one["octets"]) for one in house.events] == [("broken_off", 15)]
        assert not house.writer.messages

    house.run(talk)


def test_a_client_that_vanishes_changes_nothing(house: House) -> None:
    """The commit goes on without it, and is logged."""
    house.writer.hold = True

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        await client.envelope()
        await client.say("DATA")
        client.send(b"x\r\n.\r\n")
        await asyncio.sleep(0.1)
        client.writer.transport.abort()
        await asyncio.sleep(0.1)
        house.writer.commit()
        await asyncio.sleep(0.1)

        assert [one["event"] for one in house.events] == ["message"]
        assert not house.listeners.service.connections
        assert not house.listeners.service.takings

    house.run(talk)


@pytest.mark.parametrize(
    "sent",
    [b"", b"EHLO x\r\nMA", b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@b>\r\nDATA\r\nx"],
)
def test_a_client_that_hangs_up(house: House, sent: bytes) -> None:
    """Whenever a client closes its side, the connection ends, and no failure is logged."""

    async def talk(house: House) -> None:
        client = await house.connect()
        client.send(sent)
        client.writer.write_eof()
        await client.rest()
        await asyncio.sleep(0.05)

        assert not house.listeners.service.connections
        assert [one["event"] for one in house.events] == ["broken_off"] * (b"DATA" in sent)
        assert house.writer.messages == []

    house.run(talk)


def test_a_client_that_does_not_read(house: House) -> None:
    """Its socket is freed after the idle time, whatever is still to be sent to it."""
    house.settings["idle"] = 0.5

    async def talk(house: House) -> None:
        client = await house.connect()
        client.transport.pause_reading()
        client.send(b"RSET\r\n" * 500_000)
        for _ in range(50):
            await asyncio.sleep(0.1)
            if not house.listeners.service.connections:
                break

        assert not house.listeners.service.connections

    house.run(talk)


def test_too_many_connections(house: House) -> None:
    """421 4.7.0 for one too many; when another leaves there is room again."""
    house.settings["connections"] = 2

    async def talk(house: House) -> None:
        first, second, third = [await house.connect() for _ in range(3)]
        await first.reply()
        await second.reply()

        assert await third.rest() == "421 4.7.0 Too many connections, try again later\r\n"
        assert house.named("limit_reached")[0]["limit"] == "connections"

        await first.say("QUIT")
        await first.rest()
        assert (await (await house.connect()).reply()).startswith("220")

    house.run(talk)


def test_each_connection_has_its_own_limits(house: House) -> None:
    """What one client does to the size of its commands does not matter to another."""

    async def talk(house: House) -> None:
        first = await house.connect()
        await first.greet()
        second = await house.connect()
        await second.greet()
        long = "MAIL FROM:<> AUTH=" + "x" * 900
        for _ in range(5):
            await second.say("EHLO x")

        assert await first.say(long) == "250 2.1.0 Ok"
        assert (await second.say("MAIL FROM:<> AUTH=" + "x" * 5000))[:9] == "500 5.5.2"

    house.run(talk)


def test_many_clients_at_once(house: House) -> None:
    """Fifty clients with four messages each, cut into random pieces: every message arrives once."""
    house.settings["message_size"] = 10**5

    async def deliver(house: House, number: int) -> None:
        client = await house.connect()
        await client.greet()
        for count in range(4):
            await client.envelope()
            await client.say("DATA")
            sent = b"%d-%d\r\n" % (number, count) + b"..dot\r\n" * 20 + b".\r\n"
            at = 0
            while at < len(sent):
                step = random.randint(1, 60)
                client.send(sent[at : at + step])
                await asyncio.sleep(0)
                at += step
            assert (await client.reply()).startswith("250 2.0.0")

    async def talk(house: House) -> None:
        await asyncio.gather(*(deliver(house, number) for number in range(50)))

        wanted = {
            b"%d-%d\r\n" % (number, count) + b".dot\r\n" * 20
            for number in range(50)
            for count in range(4)
        }
        assert len(house.writer.bodies) == 200
        assert wanted == set(house.writer.bodies)

    house.run(talk)
