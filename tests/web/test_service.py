"""The API in a daemon that is a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bounced.web import tokens

REJECTED = {"address": "nobody@example.com", "reply": "550 5.1.1 User unknown"}


class Running:
    """``bounced serve`` with its API on a unix socket, and the command line on the same data."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.token_file = folder / "tokens"
        self.secret = self.new_token()
        self.log = folder / "log"
        self.environ = {
            **{name: value for name, value in os.environ.items() if "BOUNCED" not in name},
            "STATE_DIRECTORY": str(folder / "state"),
            "BOUNCED_LISTEN": f"smtp 127.0.0.1:0, http unix:{folder}/api, http 127.0.0.1:0",
            "BOUNCED_HTTP_TOKENS": str(self.token_file),
        }

    def new_token(self) -> str:
        """Put a new token in the place of the old one."""
        line, secret = tokens.new("shop", "write")
        self.token_file.write_text(f"{line}\n")
        self.token_file.chmod(0o600)
        return secret

    def start(self, *prefix: str, **environ: str) -> list[str]:
        """Start it, and return what it says when it is ready."""
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [*prefix, sys.executable, "-m", "bounced", "serve"],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=self.folder,
                env={**self.environ, **environ},
            )
        assert self.process.stdout
        lines = []
        for line in self.process.stdout:
            lines.append(line.strip())
            if line.startswith("data in "):
                break
        return lines

    def client(self, secret: str | None = None) -> httpx.Client:
        """Return a client on the unix socket."""
        return httpx.Client(
            transport=httpx.HTTPTransport(uds=str(self.folder / "api")),
            base_url="http://bounced",
            headers={"Authorization": f"Bearer {secret or self.secret}"},
            timeout=30,
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command line."""
        return subprocess.run(
            [sys.executable, "-m", "bounced", *arguments],
            env=self.environ,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def wait_for(self, event: str) -> dict[str, Any]:
        """Wait until it has logged an event of that name, and return the last."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            lines = [json.loads(line) for line in self.log.read_text().splitlines()]
            if found := [line for line in lines if line["event"] == event]:
                return dict(found[-1])
            time.sleep(0.02)
        pytest.fail(self.log.read_text())

    def stop(self) -> int:
        """End it, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(40)


@pytest.fixture
def daemon(tmp_path: Path) -> Iterator[Running]:
    """Return a daemon that is not started yet; it is gone in the end."""
    running = Running(tmp_path)
    yield running
    if process := getattr(running, "process", None):
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        process.wait()
        process.stdout.close()


def test_the_api_and_the_command_line_tell_the_same(daemon: Running) -> None:
    """On TCP and on a unix socket alike; what one has changed, the other answers."""
    lines = daemon.start()
    assert f"listening on http unix:{daemon.folder}/api" in lines
    tcp = next(line for line in lines if "http 127" in line).rpartition(" ")[2]
    with daemon.client() as client:
        told = client.post("/v1/rejections", json={"rejections": [REJECTED]}).json()["addresses"][0]
        assert told["decision"]["effect"] == "blocked"
        shown = daemon.run("check", "--json", "nobody@example.com")
        headers = client.headers
        url = f"http://{tcp}/v1/addresses/nobody@example.com"
        asked = httpx.get(url, headers=headers, trust_env=False).json()
        history = client.get("/v1/addresses/nobody@example.com/history").json()["events"]

    assert json.loads(shown.stdout) == asked
    lines = daemon.run("history", "--json", "nobody@example.com").stdout.splitlines()
    assert [json.loads(line) for line in lines] == history
    assert daemon.stop() == 0
    assert not (daemon.folder / "api").exists()
    assert daemon.secret not in daemon.log.read_text()


def test_tokens_are_read_again(daemon: Running) -> None:
    """On SIGHUP; a broken file leaves the old ones in force and is logged."""
    daemon.start()
    old = daemon.secret
    daemon.token_file.write_text("broken\n")
    daemon.process.send_signal(signal.SIGHUP)
    assert "tokens:1: is not" in daemon.wait_for("failure")["why"]
    with daemon.client() as client:
        assert client.get("/v1/addresses").status_code == 200

    new = daemon.new_token()
    daemon.process.send_signal(signal.SIGHUP)
    assert daemon.wait_for("tokens_reloaded")["tokens"] == 1
    with daemon.client(old) as gone, daemon.client(new) as good:
        assert gone.get("/v1/addresses").status_code == 401
        assert good.get("/v1/addresses").status_code == 200
    assert daemon.stop() == 0


def test_a_stop_finishes_what_was_asked(daemon: Running) -> None:
    """A body that is on its way is waited for and answered; an idle client is no reason to wait."""
    daemon.start()
    going = threading.Event()

    def slowly() -> Iterator[bytes]:
        yield b'{"addresses": ["nobody@example.com"], '
        going.set()
        time.sleep(1)
        yield b'"reason": "x"}'

    answers: list[int] = []

    def ask() -> None:
        with daemon.client() as client:
            headers = {"Content-Type": "application/json"}
            answers.append(client.post("/v1/block", content=slowly(), headers=headers).status_code)

    with daemon.client() as idle:
        idle.get("/healthz")
        asking = threading.Thread(target=ask)
        asking.start()
        assert going.wait(20)
        started = time.monotonic()
        assert daemon.stop() == 0
        asking.join(20)
    assert answers == [200]
    assert time.monotonic() - started < 15


def test_a_token_file_as_a_credential(daemon: Running) -> None:
    """As systemd hands it over, without a setting that names it."""
    folder = daemon.folder / "credentials"
    folder.mkdir()
    shutil.copy(daemon.token_file, folder / "http-tokens")
    daemon.environ.pop("BOUNCED_HTTP_TOKENS")
    daemon.start(CREDENTIALS_DIRECTORY=str(folder))
    with daemon.client() as client:
        assert client.get("/v1/addresses").status_code == 200
    assert daemon.stop() == 0


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        (lambda daemon: daemon.environ.pop("BOUNCED_HTTP_TOKENS"), "`bounced token NAME --scope"),
        (
            lambda daemon: daemon.token_file.chmod(0o644),
            "http.tokens: other users can read or change",
        ),
        (lambda daemon: daemon.token_file.write_text(""), "holds no token"),
    ],
)
def test_without_tokens_it_does_not_start(
    daemon: Running, prepare: Callable[[Running], object], words: str
) -> None:
    """Exit code 2, one line that says what to do, no traceback."""
    prepare(daemon)
    assert daemon.start() == []
    assert daemon.process.wait(20) == 2
    lines = daemon.log.read_text().splitlines()
    (line,) = (one for one in lines if "python_unfixed" not in one)  # a warning on such a Python
    assert words in line


def test_without_fastapi_it_says_what_to_install(daemon: Running) -> None:
    """Exit code 2 and the extra's name; a daemon without such a listener does not miss it."""
    (daemon.folder / "fastapi.py").write_text("raise ModuleNotFoundError(name='fastapi')\n")
    search = {"PYTHONPATH": f"{daemon.folder}:{os.environ.get('PYTHONPATH', '')}"}
    assert daemon.start(**search) == []
    assert daemon.process.wait(20) == 2
    assert "needs fastapi, which is not installed: pip install 'bounced[http]'" in (
        daemon.log.read_text()
    )
    assert daemon.process.stdout
    daemon.process.stdout.close()

    assert daemon.start(**search, BOUNCED_LISTEN="127.0.0.1:0")
    assert daemon.stop() == 0


def test_mail_is_taken_while_many_ask(daemon: Running) -> None:
    """Look-ups of ten thousand, one after the other, keep no message waiting for long."""
    import smtplib  # noqa: PLC0415 -- for this test alone

    port = int(daemon.start()[0].rpartition(":")[2])
    ending = threading.Event()

    def ask() -> None:
        addresses = [f"u{number}@example.org" for number in range(10_000)]
        with daemon.client() as client:
            while not ending.is_set():
                assert client.post("/v1/lookup", json={"addresses": addresses}).is_success

    asking = threading.Thread(target=ask)
    asking.start()
    slowest = 0.0
    try:
        for number in range(20):
            started = time.monotonic()
            with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
                client.sendmail("", ["b@example.org"], f"Subject: {number}\r\n\r\nx\r\n")
            slowest = max(slowest, time.monotonic() - started)
    finally:
        ending.set()
        asking.join(30)
    assert slowest < 5
    assert daemon.stop() == 0
