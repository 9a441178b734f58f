"""The process that answers: started, started again, and gone with the daemon."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bounced.config import Config, load
from bounced.errors import ChildError, ListenError
from bounced.log import Log
from bounced.lookup import Service
from bounced.lookup.socketmap import netstring
from bounced.policy import Policies
from bounced.store import Store

ASKED = netstring("blocked dead@example.net")
POLICY = b"request=smtpd_access_policy\nsender=b@news.example.com\nrecipient=dead@example.net\n\n"
WORDS = "is blocked since 2026-11-01: by hand"


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Return settings with both listeners and a stream, and a database with blocks."""
    file = tmp_path / "bounced.toml"
    file.write_text(
        f'[[listen]]\nprotocol = "socketmap"\naddress = "unix:{tmp_path}/map.sock"\nmode = "0600"\n'
        '[[listen]]\nprotocol = "policy"\naddress = "127.0.0.1:0"\n'
        f'[store]\nurl = "sqlite:///{tmp_path}/b.db"\n'
        '[streams.news]\naddresses = ["@news.example.com"]\n'
        '[log]\nformat = "json"\n'
    )
    now = datetime(2026, 11, 1, tzinfo=UTC)
    with contextlib.closing(
        Store.open(f"sqlite:///{tmp_path}/b.db", policies=Policies(), raw_retention=None)
    ) as store:
        store.block("dead@example.net", why="w", who="me", now=now)
        store.block("@example.net", why="w", who="me", now=now, stream="news")
    return load(file, {"STATE_DIRECTORY": str(tmp_path)})


@contextlib.asynccontextmanager
async def talking(path: Path) -> AsyncIterator[Callable[[bytes], Any]]:
    """Yield a function that asks on one connection and returns the answer."""
    reader, writer = await asyncio.open_unix_connection(path)

    async def ask(request: bytes) -> bytes:
        writer.write(request)
        return await asyncio.wait_for(reader.readuntil(b","), 30)

    yield ask
    writer.close()


def answer(address: str = "<dead@example.net>") -> bytes:
    """Return the socketmap's answer."""
    return netstring(f"OK REJECT 5.7.1 {address} {WORDS}")


def gone(process: int) -> bool:
    """Return whether a process has ended, waited for or not."""
    try:
        return ") Z " in Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return True


def test_both_protocols_are_answered_where_the_settings_say(
    config: Config, log: Log, tmp_path: Path
) -> None:
    """Each stream for itself; the socket file has its mode, and goes with the service."""

    async def talk() -> None:
        async with Service(config, log, {}) as service:
            [there, policy] = service.addresses
            assert there == f"socketmap unix:{tmp_path}/map.sock"
            assert (tmp_path / "map.sock").stat().st_mode & 0o777 == 0o600
            async with talking(tmp_path / "map.sock") as ask:
                assert await ask(ASKED) == answer()
                news = netstring("blocked/news x@example.net")
                assert await ask(news) == answer("all of example.net")
            reader, writer = await asyncio.open_connection(*policy.split()[1].split(":"))
            writer.write(POLICY)
            told = await asyncio.wait_for(reader.readuntil(b"\n\n"), 30)
            assert told == f"action=REJECT 5.7.1 all of example.net {WORDS}\n\n".encode()
            writer.close()

    asyncio.run(talk())

    assert not (tmp_path / "map.sock").exists()


def test_without_such_a_listener_there_is_no_process(tmp_path: Path, log: Log) -> None:
    """Who doesn't ask pays nothing."""

    async def talk() -> None:
        config = load(None, {"STATE_DIRECTORY": str(tmp_path)})
        async with Service(config, log, {}) as service:
            assert service.addresses == []
            assert service._process is None

    asyncio.run(talk())


def test_a_process_that_dies_is_started_again(
    config: Config, log: Log, tmp_path: Path, lines: Any
) -> None:
    """A client that comes meanwhile waits, and gets its answer; every death is logged."""

    async def talk() -> None:
        async with Service(config, log, {}) as service:
            dead = 0
            for _ in range(2):
                assert service._process
                while service._process.pid == dead:  # noqa: ASYNC110 -- nobody is told
                    await asyncio.sleep(0.01)
                dead = service._process.pid
                os.kill(dead, signal.SIGKILL)
                while not gone(dead):  # noqa: ASYNC110 -- another process
                    await asyncio.sleep(0.01)
                async with talking(tmp_path / "map.sock") as ask:
                    assert await ask(ASKED) == answer()

    asyncio.run(talk())

    assert [one["code"] for one in lines.events("lookup_ended")] == [-9, -9]


def test_a_stop_while_it_is_started_again_leaves_nothing(
    config: Config, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a process nor a daemon that waits for it, at whatever moment the stop comes."""
    started = []
    start = asyncio.create_subprocess_exec

    async def noted(*arguments: Any, **options: Any) -> asyncio.subprocess.Process:
        started.append(await start(*arguments, **options))
        return started[-1]

    async def talk(moment: float) -> None:
        async with Service(config, log, {}):
            started[-1].kill()
            await asyncio.sleep(moment)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", noted)
    for number in range(5):
        asyncio.run(asyncio.wait_for(talk(number / 5), 60))

    deadline = time.monotonic() + 20
    while not all(gone(one.pid) for one in started):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_signals_that_are_meant_for_the_daemon_do_not_end_it(
    config: Config, log: Log, tmp_path: Path, lines: Any
) -> None:
    """A terminal and systemd send them to both; answers go on until the daemon is done."""

    async def talk() -> None:
        async with Service(config, log, {}) as service, talking(tmp_path / "map.sock") as ask:
            assert service._process
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                service._process.send_signal(number)
                assert await ask(ASKED) == answer()

    asyncio.run(talk())

    assert lines.events("lookup_ended") == []


def test_a_socket_that_is_taken_is_said_and_nothing_is_left(
    config: Config, log: Log, tmp_path: Path
) -> None:
    """The first listener is closed again where the second can't be opened."""

    async def talk(taken: int) -> None:
        listen = config.listen[1].model_copy(update={"address": f"127.0.0.1:{taken}"})
        other = config.model_copy(update={"listen": (config.listen[0], listen)})
        async with Service(other, log, {}):
            pass

    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(ListenError, match=f"127.0.0.1:{port} is taken"):
            asyncio.run(talk(port))

    assert not (tmp_path / "map.sock").exists()


def test_a_process_that_does_not_start_is_said(
    config: Config, log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the start of the daemon, and not at the first question."""
    monkeypatch.setattr(sys, "executable", "/bin/false")

    async def talk() -> None:
        async with Service(config, log, {}):
            pass

    with pytest.raises(ChildError, match=r"look-ups did not start \(exit code 1\)"):
        asyncio.run(talk())

    assert not (tmp_path / "map.sock").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_it_ends_with_the_daemon(config: Config, tmp_path: Path, number: signal.Signals) -> None:
    """However the daemon ends, and wherever its program lies."""
    with subprocess.Popen(
        [sys.executable, "-m", "bounced", "serve", "--config", tmp_path / "bounced.toml"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as daemon:
        assert daemon.stdout
        said = [next(daemon.stdout) for _ in range(3)]
        children = Path(f"/proc/{daemon.pid}/task/{daemon.pid}/children").read_text().split()
        [child] = [
            one for one in children if b"lookup" in Path(f"/proc/{one}/cmdline").read_bytes()
        ]
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(config.listen[0].address).removeprefix("unix:"))
            client.sendall(ASKED)
            assert client.recv(1000) == answer()
            daemon.send_signal(number)
            assert client.recv(1000) == b""
        code = daemon.wait(30)

    assert [line.split()[2] for line in said[:2]] == ["socketmap", "policy"]
    assert code == (0 if number == signal.SIGTERM else -number)
    deadline = time.monotonic() + 10
    while not gone(int(child)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
