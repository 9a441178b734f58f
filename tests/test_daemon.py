"""The daemon as a process of its own, with real sockets, signals and files."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import smtplib
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bounced.address import read_keys, return_path

_REPORT = """\
From: MAILER-DAEMON@mail.example.com\r
To: bounces@example.org\r
Subject: Undelivered\r
Message-ID: <{number}@mail.example.com>\r
Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r
\r
--b\r
Content-Type: message/delivery-status\r
\r
Reporting-MTA: dns; mail.example.com\r
\r
Final-Recipient: rfc822; {recipient}\r
Action: failed\r
Status: 5.0.0\r
Diagnostic-Code: smtp; 550 {words}\r
\r
--b--\r
"""
_RULE = """\
[[rule]]
id = "own.zebra"
cause = "mailbox_full"
pattern = "zebra crossing"
source = "made up for this test"
example = "550 zebra crossing"
"""


class Running:
    """``bounced serve`` in *folder*, its output and its port."""

    def __init__(self, folder: Path, prefix: tuple[str, ...] = (), **environ: str) -> None:
        kept = {name: value for name, value in os.environ.items() if "BOUNCED" not in name}
        kept |= {"STATE_DIRECTORY": str(folder / "state"), "BOUNCED_LISTEN": "127.0.0.1:0"}
        self.log = folder / "log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [*prefix, sys.executable, "-m", "bounced", "serve"],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=folder,
                env={**kept, **environ},
            )

    def said(self) -> list[str]:
        """Return the lines that it prints when it is ready."""
        assert self.process.stdout
        lines = []
        for line in self.process.stdout:
            lines.append(line.rstrip("\n"))
            if line.startswith("data in "):
                break
        return lines

    def port(self) -> int:
        """Wait until it is ready and return its port."""
        lines = self.said()
        assert lines, self.log.read_text()
        return int(lines[0].rpartition(":")[2].rstrip(")"))

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return the events of one name that it has logged."""
        lines = [line for line in self.log.read_text().splitlines() if line.startswith("{")]
        return [event for event in map(json.loads, lines) if event["event"] == name]

    def wait_for(self, condition: Callable[[], object]) -> None:
        """Wait until *condition* holds."""
        deadline = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.02)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(40)

    def close(self) -> None:
        """Leave nothing behind."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        assert self.process.stdout
        self.process.stdout.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Return what starts a daemon; all are stopped in the end."""
    with contextlib.ExitStack() as ending:

        def begin(*prefix: str, **environ: str) -> Running:
            running = Running(tmp_path, prefix, **environ)
            ending.callback(running.close)
            return running

        yield begin


def _deliver(port: int, number: int, words: str = "5.1.1 User unknown") -> str:
    message = _REPORT.format(number=number, recipient=f"u{number}@example.net", words=words)
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
        client.ehlo()
        client.mail("")
        client.rcpt("bounces@example.org")
        code, said = client.data(message)
    return f"{code} {said.decode()}"


def _begin_data(port: int) -> tuple[socket.socket, Any]:
    client = socket.create_connection(("127.0.0.1", port), 20)
    replies = client.makefile("rb")
    client.sendall(b"EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<bounces@example.org>\r\nDATA\r\n")
    while not replies.readline().startswith(b"354"):
        pass
    return client, replies


def test_it_runs_without_any_settings(start: Callable[..., Running], tmp_path: Path) -> None:
    """It says where it listens and where its data is, stores mail, and ends with exit code 0."""
    running = start()
    listening, data = running.said()

    assert listening.startswith("listening on smtp 127.0.0.1:")
    assert f"data in {tmp_path}/state/bounced.db" == data
    assert _deliver(int(listening.rpartition(":")[2]), 1).startswith("250 2.0.0 Ok: queued as ")
    assert running.stop() == 0

    with contextlib.closing(sqlite3.connect(tmp_path / "state" / "bounced.db")) as database:
        assert database.execute("select count(*) from messages").fetchone() == (1,)
    (event,) = running.events("message")
    assert (event["kind"], event["failed"][0]["cause"]) == ("bounce", "mailbox_unknown")
    assert running.events("stopped")[0]["messages"] == 1


def test_a_stop_before_it_is_ready_is_a_stop(start: Callable[..., Running]) -> None:
    """While it still reads its rules: nothing was accepted, the exit code is 0."""
    running = start()
    deadline = time.monotonic() + 20
    caught = f"/proc/{running.process.pid}/status"
    while not _catches(Path(caught), signal.SIGTERM) and time.monotonic() < deadline:
        time.sleep(0.005)

    assert running.stop() == 0
    assert running.events("stopping") == []  # the daemon itself had not begun to attend to it


def _catches(status: Path, number: signal.Signals) -> bool:
    """Whether a process has a handler for a signal, proc(5)."""
    (mask,) = (line for line in status.read_text().splitlines() if line.startswith("SigCgt:"))
    return bool(int(mask.split()[1], 16) >> (number - 1) & 1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_finishes_what_was_begun(
    start: Callable[..., Running], number: signal.Signals
) -> None:
    """A message in DATA gets its 250, an idle client 421, a new one nothing; exit code 0."""
    running = start()
    port = running.port()
    sending, replies = _begin_data(port)
    with (
        sending,
        replies,
        socket.create_connection(("127.0.0.1", port), 20) as idle,
        idle.makefile("rb") as told,
    ):
        assert told.readline().startswith(b"220")
        sending.sendall(b"Subject: half\r\n")
        running.process.send_signal(number)

        assert told.read().startswith(b"421 4.3.2")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), 20)
        sending.sendall(b"\r\nrest\r\n.\r\n")

        assert replies.readline().startswith(b"250 2.0.0 Ok: queued as ")
        assert replies.readline().startswith(b"421 4.3.2")
    assert running.process.wait(20) == 0
    assert number.name == running.events("stopping")[0]["why"]


def test_a_stop_does_not_wait_for_ever(start: Callable[..., Running]) -> None:
    """After limits.drain a client that does not end its message is sent away."""
    running = start(BOUNCED_LIMITS_DRAIN="1s")
    sending, replies = _begin_data(running.port())
    with sending, replies:
        assert running.stop() == 0
        assert replies.read().startswith(b"421 4.3.2")


def test_what_systemd_is_told(start: Callable[..., Running], tmp_path: Path) -> None:
    """READY when it listens, WATCHDOG while it lives, STOPPING at the end."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(20)
        running = start(NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC="600000")

        assert manager.recv(1000).startswith(b"READY=1\nSTATUS=listening on smtp 127.0.0.1:")
        assert [manager.recv(1000) for _ in range(3)] == [b"WATCHDOG=1"] * 3
        assert running.stop() == 0
        told = b""
        while told != b"STOPPING=1":
            told = manager.recv(1000)


def test_a_watchdog_is_not_fed_while_the_writer_is_stuck(
    start: Callable[..., Running], tmp_path: Path
) -> None:
    """A commit that is overdue is not covered up by an event loop that runs."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(20)
        running = start(NOTIFY_SOCKET=str(tmp_path / "notify"), WATCHDOG_USEC="300000")
        port = running.port()
        path = tmp_path / "state" / "bounced.db"
        with (
            contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other,
            ThreadPoolExecutor(1) as sender,
        ):
            other.execute("begin immediate")
            sending = sender.submit(_deliver, port, 1)
            time.sleep(0.6)
            manager.settimeout(0)
            with contextlib.suppress(BlockingIOError):
                while manager.recv(1000):
                    pass
            manager.settimeout(0.5)
            with pytest.raises(TimeoutError):
                manager.recv(1000)
            other.execute("rollback")

            assert sending.result(30).startswith("250 ")
        manager.settimeout(20)
        assert manager.recv(1000) == b"WATCHDOG=1"


@pytest.mark.parametrize("missing", [False, True])
def test_a_socket_that_is_handed_over(
    start: Callable[..., Running],
    missing: bool,  # noqa: FBT001 - pytest's
) -> None:
    """The tool of systemd hands one over by name; a name that nobody gave ends the start."""
    tool = shutil.which("systemd-socket-activate")
    if not tool:
        pytest.skip("systemd-socket-activate is not installed")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    name = "other" if missing else "smtp"
    passed = ("-E", "STATE_DIRECTORY", "-E", "BOUNCED_LISTEN", "-E", "PYTHONPATH")
    running = start(
        *(tool, "-l", f"127.0.0.1:{port}", f"--fdname={name}", *passed),
        BOUNCED_LISTEN="systemd:smtp",
    )
    running.wait_for(lambda: "Listening on" in running.log.read_text())
    with socket.create_connection(("127.0.0.1", port), 20) as first:  # it starts on a connection
        if missing:
            assert running.process.wait(20) == 3
            assert "(it gave: other)" in running.log.read_text()
            return
        with first.makefile("rb") as replies:
            assert replies.readline().startswith(b"220 ")

    assert f"listening on smtp systemd:smtp (127.0.0.1:{port})" == running.said()[0]
    assert _deliver(port, 1).startswith("250 ")
    assert running.stop() == 0


def test_a_port_that_is_taken(start: Callable[..., Running]) -> None:
    """Exit code 3 and one line that says what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        running = start(BOUNCED_LISTEN=address)

        assert running.process.wait(20) == 3
    (line,) = running.log.read_text().splitlines()
    assert f"bounced: {address} is taken by another program; stop it or set `listen`" in line


def test_a_state_directory_that_is_not_writable(
    start: Callable[..., Running], tmp_path: Path
) -> None:
    """Exit code 3, one line with the path in it, no traceback."""
    (tmp_path / "file").write_text("")
    running = start(STATE_DIRECTORY=str(tmp_path / "file" / "state"))

    assert running.process.wait(20) == 3
    (line,) = running.log.read_text().splitlines()
    assert f"{tmp_path}/file/state" in line


def test_rules_are_read_again(start: Callable[..., Running], tmp_path: Path) -> None:
    """SIGHUP: a broken file leaves the old rules in force, a good one takes their place."""
    file = tmp_path / "own.toml"
    file.write_text(_RULE.replace("zebra", "level"))
    running = start(BOUNCED_RULES_FILES=str(file))
    port = running.port()

    file.write_text("[[rule]]\nid = 1\n")
    running.process.send_signal(signal.SIGHUP)
    running.wait_for(lambda: running.events("failure"))
    assert "own.toml" in running.events("failure")[0]["why"]
    _deliver(port, 1, "zebra crossing")

    file.write_text(_RULE)
    running.process.send_signal(signal.SIGHUP)
    numbers = iter(range(2, 1000))

    def decided_by_own_rule() -> bool:
        _deliver(port, next(numbers), "zebra crossing")
        return bool(running.events("message")[-1]["failed"][0]["rule"] == "own.zebra")

    running.wait_for(decided_by_own_rule)
    assert running.events("rules_reloaded")
    assert running.events("message")[0]["failed"][0]["rule"] != "own.zebra"
    assert running.stop() == 0


_KEY = "b Zm9yLWV4YW1wbGVzLW9ubHktbmV2ZXItdXNlLWl0\n"


def _send(port: int, path: str, number: int) -> str:
    """Return the reply to a report that comes to a path: to RCPT, where that is refused."""
    body = _REPORT.format(number=number, recipient="x@example.net", words="5.1.1 User unknown")
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
        client.ehlo()
        client.mail("")
        code, said = client.rcpt(path)
        if code == 250:
            code, said = client.data(body)
    return f"{code} {said.decode()}"


def test_signed_return_paths(start: Callable[..., Running], tmp_path: Path) -> None:
    """A forged one is refused, an unsigned one recorded, and a signed one acts on its own."""
    (tmp_path / "keys").write_text(_KEY)
    (tmp_path / "keys").chmod(0o600)
    (tmp_path / "bounced.toml").write_text(
        '[policy]\ntrust = "signed"\n[return_path]\naddress = "b@b.test"\nkeys = "keys"\n'
    )
    now = datetime.now(UTC)
    good = return_path("anna@example.com", base="b@b.test", keys=read_keys(_KEY), at=now)
    running = start()
    port = running.port()

    assert _send(port, good.replace("=anna", "=bert"), 1).startswith("550 5.7.1 ")
    assert _send(port, "b@b.test", 2).startswith("250 ")
    assert _send(port, good, 3).startswith("250 ")
    running.wait_for(lambda: len(running.events("message")) == 2)
    unsigned, signed = running.events("message")
    assert (unsigned["trust"], unsigned["matched"]) == ("unsigned", "final_recipient")
    assert unsigned["failed"][0]["decision"].startswith("recorded: unsigned, and only signed")
    assert (signed["trust"], signed["matched"]) == ("signed", "signed")
    assert signed["failed"][0]["address"] == "anna@example.com"
    assert signed["failed"][0]["decision"].startswith("blocked: ")

    (tmp_path / "keys").write_text("broken\n")
    running.process.send_signal(signal.SIGHUP)
    running.wait_for(lambda: running.events("failure"))
    assert "line 1: is no key" in running.events("failure")[0]["why"]
    assert _send(port, good, 4).startswith("250 ")
    (tmp_path / "keys").write_text(_KEY.replace("b ", "c "))
    running.process.send_signal(signal.SIGHUP)
    running.wait_for(lambda: running.events("keys_reloaded"))
    assert _send(port, good, 5).startswith("550 5.7.1 ")
    assert running.stop() == 0


def test_a_forged_path_is_recorded_where_any_report_counts(
    start: Callable[..., Running], tmp_path: Path
) -> None:
    """It is taken, logged as a warning, and does nothing."""
    (tmp_path / "return-path-keys").write_text(_KEY)
    (tmp_path / "return-path-keys").chmod(0o400)
    running = start(CREDENTIALS_DIRECTORY=str(tmp_path))
    port = running.port()

    path = "b+s1-b-512d=anna=example.com=aaaaaaaaaaaaaaaa@b.test"
    assert _send(port, path, 1).startswith("250 ")
    running.wait_for(lambda: running.events("message"))
    (event,) = running.events("message")
    assert (event["level"], event["trust"], event["matched"]) == ("warning", "forged", None)
    assert event["failed"][0]["decision"].startswith("recorded: ")
    assert running.stop() == 0


def test_a_database_that_is_locked(start: Callable[..., Running], tmp_path: Path) -> None:
    """451 while another process holds it, 250 afterwards, and nothing twice."""
    running = start()
    port = running.port()
    path = tmp_path / "state" / "bounced.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("begin immediate")
        refused = _deliver(port, 1)
        other.execute("rollback")
    taken = _deliver(port, 1)

    assert refused.startswith("451 4.3.0 ")
    assert taken.startswith("250 2.0.0 ")
    assert running.stop() == 0
    with contextlib.closing(sqlite3.connect(path)) as database:
        assert database.execute("select count(*) from messages").fetchone() == (1,)
