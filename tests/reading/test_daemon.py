"""Readers of a daemon: a process of its own, killed and reloaded from outside."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import smtplib
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hostile
import pytest

GOOD = hostile.dsn(hostile.RECIPIENT)


class Daemon:
    """``bounced serve`` in *folder*."""

    def __init__(self, folder: Path, **environ: str) -> None:
        kept = {name: value for name, value in os.environ.items() if "BOUNCED" not in name}
        kept |= {"STATE_DIRECTORY": str(folder), "BOUNCED_LISTEN": "127.0.0.1:0", **environ}
        self.folder = folder
        with (folder / "log").open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bounced", "serve"],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=folder,
                env=kept,
            )
        assert self.process.stdout
        with self.process.stdout as said:
            self.port = int((said.readline() or "0").rpartition(":")[2])
            said.readline()

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return the events of one name that it has logged."""
        lines = (self.folder / "log").read_text().splitlines()
        return [one for one in map(json.loads, filter(None, lines)) if one["event"] == name]

    def deliver(self, raw: bytes = GOOD) -> str:
        """Send a message and return the reply."""
        with smtplib.SMTP("127.0.0.1", self.port, timeout=60) as client:
            client.ehlo()
            client.mail("")
            client.rcpt("bounces@example.org")
            code, said = client.data(raw)
        return f"{code} {said.decode()}"

    def kinds(self) -> list[str]:
        """Return the kinds of the messages that it keeps."""
        with contextlib.closing(sqlite3.connect(self.folder / "bounced.db")) as database:
            return [row[0] for row in database.execute("select kind from messages order by id")]

    def readers(self) -> list[int]:
        """Return the process that forks readers, and behind it the readers."""
        own = [one for one in _children(self.process.pid) if b"bounced.reading" in _command(one)]
        return own + [reader for one in own for reader in _children(one)]


def _children(process: int) -> list[int]:
    path = Path(f"/proc/{process}/task/{process}/children")
    return [int(one) for one in path.read_text().split()]


def _command(process: int) -> bytes:
    return Path(f"/proc/{process}/cmdline").read_bytes()


def _gone(process: int) -> bool:
    try:
        return ") Z " in Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return True


def _limited(process: int) -> bool:
    """Whether a process may neither grow without end nor leave a core behind."""
    lines = Path(f"/proc/{process}/limits").read_text().split("\n")
    found = {line[:26].strip(): line[26:].split()[0] for line in lines if line}
    return found["Max address space"] != "unlimited" and found["Max core file size"] == "0"


def _kill(*processes: int) -> None:
    for one in processes:
        os.kill(one, signal.SIGKILL)
    _until(lambda: all(map(_gone, processes)))


def _until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Daemon]]:
    """Return what starts a daemon; it is ended in the end."""
    with contextlib.ExitStack() as ending:

        def begin(**environ: str) -> Daemon:
            daemon = Daemon(tmp_path, **environ)
            ending.callback(daemon.process.wait)
            ending.callback(daemon.process.kill)
            return daemon

        yield begin


def test_readers_that_are_killed_are_replaced(start: Callable[..., Daemon]) -> None:
    """One by one and all at once, with the process that forks them: 250, and read, each time."""
    daemon = start()
    server, *readers = daemon.readers()
    assert len(readers) == 2
    _until(lambda: all(map(_limited, readers)))

    for count in (1, 2):
        _, *readers = daemon.readers()
        _kill(*readers[:count])
        begin = time.monotonic()
        assert daemon.deliver().startswith("250 ")
        assert time.monotonic() - begin < 2
    _, *readers = daemon.readers()
    _kill(server)
    assert daemon.deliver().startswith("250 ")
    _kill(*readers)
    assert daemon.deliver().startswith("250 ")

    assert daemon.kinds() == ["bounce"]
    assert len(daemon.events("message")) == 4
    assert server not in daemon.readers()


def test_a_reader_that_crashes_twice_costs_its_message_its_reading(
    start: Callable[..., Daemon],
) -> None:
    """Kept as unrecognised with the reason, answered 250, logged; the next one is read."""
    daemon = start(BOUNCED_READING_MEMORY="64 MiB", BOUNCED_LIMITS_MESSAGE_SIZE="100 MiB")

    assert daemon.deliver(GOOD + b"\r\n".join([b"x" * 900] * 80_000)).startswith("250 ")
    assert daemon.deliver().startswith("250 ")

    assert daemon.kinds() == ["unrecognised", "bounce"]
    assert [one["attempt"] for one in daemon.events("reader_ended")] == [1, 2]
    (failed,) = daemon.events("reader_failed")
    assert failed["why"] == "reading it took more than 64 MiB of memory"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_readers_end_with_the_daemon(start: Callable[..., Daemon], number: signal.Signals) -> None:
    """However it ends."""
    daemon = start()
    readers = daemon.readers()
    assert len(readers) == 3

    daemon.process.send_signal(number)
    daemon.process.wait(30)

    _until(lambda: all(map(_gone, readers)))


def test_signals_for_the_daemon_end_no_reader(start: Callable[..., Daemon]) -> None:
    """A terminal and systemd send them to all of its processes."""
    daemon = start()
    for one in daemon.readers():
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(one, number)

    assert daemon.deliver().startswith("250 ")
    assert daemon.events("reader_ended") == []


@pytest.mark.parametrize("accepted", ["safe", "fixed"])
def test_a_python_with_the_defect(start: Callable[..., Daemon], accepted: str) -> None:
    """It runs, with a warning, where no mail can reach the defect; or not at all, if so wished."""
    daemon = start(BOUNCED_READING_PYTHON=accepted)

    if accepted == "fixed" and daemon.port == 0:
        assert daemon.process.wait(20) == 2
        assert "CVE-2025-4516" in (daemon.folder / "log").read_text().splitlines()[-1]
    else:
        poison = b"Content-Type: text/plain; charset=unicode_escape\n\n\\x;\\z" + b"a" * 2**20
        assert daemon.deliver(poison).startswith("250 ")
        assert daemon.events("reader_ended") == []
        assert all(not one["exposed"] for one in daemon.events("python_unfixed"))
