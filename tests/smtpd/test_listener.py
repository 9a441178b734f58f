"""Opening and closing listeners."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from bounced.config import Listen
from bounced.errors import ListenError

if TYPE_CHECKING:
    from conftest import House


def test_if_one_can_not_be_opened_none_is(house: House, tmp_path: Path) -> None:
    """A start that fails leaves no socket behind."""
    path = tmp_path / "smtp.sock"

    async def talk(house: House) -> None:
        listen = [
            Listen(protocol="smtp", address=f"unix:{path}"),
            Listen(protocol="smtp", address="192.0.2.1:8025"),
        ]
        with pytest.raises(ListenError):
            await house.listeners.open(listen, {})
        assert not path.exists()

    house.run(talk)


def test_mail_over_a_unix_socket(house: House, tmp_path: Path) -> None:
    """LMTP on a unix socket, and the file is gone after the end."""
    path = tmp_path / "lmtp.sock"

    async def talk(house: House) -> None:
        await house.listeners.open([Listen(protocol="lmtp", address=f"unix:{path}")], {})
        assert f"lmtp unix:{path}" == house.listeners.addresses[-1]
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(
            b"LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@example.org>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n"
        )
        said = await asyncio.wait_for(reader.read(), 10)
        writer.close()

        assert b"250 2.0.0 Ok: queued as " in said
        assert (house.writer.messages[0].source, house.writer.messages[0].peer) == ("lmtp", "")

    house.run(talk)

    assert not path.exists()


def test_idle_clients_are_sent_away_at_the_end(house: House) -> None:
    """421 4.3.2, and no connection is accepted any more."""

    async def talk(house: House) -> None:
        fresh, greeted = await house.connect(), await house.connect()
        await fresh.reply()
        await greeted.greet()
        await greeted.envelope()

        assert await house.listeners.drain(5)

        for client in (fresh, greeted):
            assert (await client.rest()).startswith("421 4.3.2 Service is stopping")
        with pytest.raises(ConnectionRefusedError):
            await house.connect()

    house.run(talk)


def test_messages_are_finished_at_the_end(house: House) -> None:
    """One in DATA and one that waits for its commit get their 250, then 421."""

    async def begin(house: House, sent: bytes) -> Any:
        client = await house.connect()
        await client.greet()
        await client.envelope()
        await client.say("DATA")
        client.send(sent)
        await asyncio.sleep(0.1)
        return client

    async def talk(house: House) -> None:
        house.writer.hold = True
        sending, waiting = await begin(house, b"one\r\n"), await begin(house, b"two\r\n.\r\n")
        drained = asyncio.create_task(house.listeners.drain(10))
        await asyncio.sleep(0.1)
        sending.send(b"more\r\n.\r\n")
        await asyncio.sleep(0.1)
        house.writer.commit()

        for client in (sending, waiting):
            first, second = (await client.rest()).splitlines()
            assert first.startswith("250 2.0.0 Ok: queued as ")
            assert second.startswith("421 4.3.2")
        assert await drained
        assert house.writer.bodies == [b"two\r\n", b"one\r\nmore\r\n"]

    house.run(talk)


def test_a_message_that_does_not_end_is_not_waited_for(house: House) -> None:
    """After limits.drain a client in the middle of its message is sent away as well."""

    async def talk(house: House) -> None:
        client = await house.connect()
        await client.greet()
        await client.envelope()
        await client.say("DATA")

        assert not await house.listeners.drain(0.2)
        assert (await client.rest()).startswith("421 4.3.2")
        assert house.writer.messages == []

    house.run(talk)


def test_many_open_files(house: House) -> None:
    """With more clients than allowed, those inside are served and the others told so."""
    house.settings["connections"] = 20

    async def talk(house: House) -> None:
        clients = [await house.connect() for _ in range(60)]
        banners = [(await client.reply())[:3] for client in clients]

        assert banners.count("220") == 20
        assert banners.count("421") == 40
        inside = clients[banners.index("220")]
        await inside.say("EHLO x")
        assert (await inside.deliver()).startswith("250 2.0.0")

    house.run(talk)
