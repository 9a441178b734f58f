"""Accepting connections when there is nothing left to accept them with."""

from __future__ import annotations

import asyncio
import os
import resource
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import House


@contextmanager
def no_more_files() -> Iterator[None]:
    """Let this process open no file more than it has open now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Fill the holes below the highest number first, as the limit is one of numbers.
    fillers = [os.open(os.devnull, os.O_RDONLY)]
    while fillers[-1] < max(int(one.name) for one in Path("/proc/self/fd").iterdir()) - 1:
        fillers.append(os.open(os.devnull, os.O_RDONLY))
    resource.setrlimit(resource.RLIMIT_NOFILE, (fillers[-1] + 1, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for one in fillers:
            os.close(one)


def _knock(house: House, clients: int) -> list[socket.socket]:
    """Connect without giving the server a chance to accept."""
    _, port = house.listeners.addresses[0].rsplit(":", 1)
    return [socket.create_connection(("127.0.0.1", int(port)), 5) for _ in range(clients)]


async def _first_words(client: socket.socket) -> str:
    client.settimeout(5)
    with client:
        return (await asyncio.to_thread(client.recv, 100)).decode()


def test_without_open_files_clients_are_told_so(house: House) -> None:
    """Each gets its 421 by the one file in reserve, and those inside are served meanwhile."""

    async def talk(house: House) -> None:
        await asyncio.to_thread(int)  # the thread's own files are open by now
        inside = await house.connect()
        await inside.greet()
        outside = _knock(house, 30)
        with no_more_files():
            await asyncio.sleep(0.2)
            assert (await inside.deliver())[:3] == "250"
        said = [await _first_words(one) for one in outside]

        assert set(said) == {"421 4.7.0 Too many connections, try again later\r\n"}
        assert {one["limit"] for one in house.named("limit_reached")} == {"open_files"}
        assert (await (await house.connect()).reply())[:3] == "220"

    house.run(talk)


def test_without_even_that_one_they_wait(house: House) -> None:
    """The loop does not spin: one look a second, one line each, and then all are let in."""

    async def talk(house: House) -> None:
        await asyncio.to_thread(int)
        (door,) = house.listeners._doors
        door._let_go()
        outside = _knock(house, 5)
        with no_more_files():
            await asyncio.sleep(1.5)
            assert len(house.named("limit_reached")) in (1, 2)
        await asyncio.sleep(1.2)
        said = [await _first_words(one) for one in outside]

        assert {one[:3] for one in said} == {"220"}

    house.run(talk)


def test_a_client_that_is_gone_before_it_is_let_in(house: House) -> None:
    """Leaves nothing behind, whichever way it went."""

    async def talk(house: House) -> None:
        for client in _knock(house, 20):
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            client.close()
        await asyncio.sleep(0.3)

        assert not house.listeners.service.connections
        assert not house.named("failure")
        assert (await (await house.connect()).reply())[:3] == "220"

    house.run(talk)
