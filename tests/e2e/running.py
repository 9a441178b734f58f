"""The real daemon as a process, and the real command line beside it, for end-to-end tests."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self


def free_port() -> int:
    """Return a TCP port on 127.0.0.1 that nobody listens on just now."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@dataclass
class Daemon:
    """``bounced serve`` on 127.0.0.1:``port``; a context manager.

    Its data is in ``folder``, or in the database ``url``; its log is in ``folder`` in any case.
    *also*: further listeners, protocol and address, and environment variables.  ``program``: what
    to run instead of ``-m bounced``, which takes the same arguments.
    """

    folder: Path
    port: int = field(default_factory=free_port)
    also: Mapping[str, str] = field(default_factory=dict)
    url: str | None = None
    program: Sequence[str] = ("-m", "bounced")
    process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.process and self.process.poll() is None:
            self.stop()

    @property
    def environ(self) -> dict[str, str]:
        """Return the environment that points both daemon and command line at the same data."""
        listen = ", ".join(
            [
                f"smtp 127.0.0.1:{self.port}",
                *(f"{name} {at}" for name, at in self.also.items() if name.islower()),
            ]
        )
        more = {name: value for name, value in self.also.items() if name.isupper()}
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith("BOUNCED_")
        }
        kept |= {**more, "STATE_DIRECTORY": str(self.folder), "BOUNCED_LISTEN": listen}
        return kept | ({"BOUNCED_STORE_URL": self.url} if self.url else {})

    def start(self) -> None:
        """Start it, and return when it accepts connections."""
        log = (self.folder / "daemon.log").open("a")
        with log:
            self.process = subprocess.Popen(
                [sys.executable, *self.program, "serve"],
                env=self.environ,
                cwd=self.folder,
                stdout=log,
                stderr=log,
                text=True,
            )
        deadline = time.monotonic() + 20
        while True:
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", self.port), 1),
            ):
                return
            if self.process.poll() is not None or time.monotonic() > deadline:
                msg = f"the daemon did not start:\n{self.log()}"
                raise RuntimeError(msg)
            time.sleep(0.02)

    def stop(self) -> int:
        """Ask it to end, and return its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=40)

    def kill(self) -> None:
        """End it as a crash would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(timeout=10)

    def log(self) -> str:
        """Return all that it printed."""
        return (self.folder / "daemon.log").read_text()

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command line on the daemon's data."""
        return subprocess.run(
            [sys.executable, "-m", "bounced", *arguments],
            env=self.environ,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def rows(self, *arguments: str) -> list[dict[str, Any]]:
        """Run the command line with ``--json`` and return the objects it prints."""
        done = self.run(*arguments, "--json")
        assert not done.stderr, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


@contextlib.contextmanager
def next_hop(answers: dict[str, str]) -> Iterator[int]:
    """Run an SMTP server on 127.0.0.1 that answers RCPT by local part; yield its port.

    A local part that is not in *answers* is accepted.
    """
    from aiosmtpd.controller import Controller  # noqa: PLC0415 -- the other side, not the product
    from aiosmtpd.smtp import SMTP, Envelope, Session  # noqa: PLC0415

    class Handler:
        async def handle_RCPT(  # noqa: N802 -- aiosmtpd's name
            self, _: SMTP, __: Session, envelope: Envelope, address: str, ___: list[str]
        ) -> str:
            if answer := answers.get(address.partition("@")[0]):
                return answer
            envelope.rcpt_tos.append(address)
            return "250 2.1.5 Ok"

        async def handle_DATA(self, *_: object) -> str:  # noqa: N802 -- aiosmtpd's name
            return "250 2.0.0 Ok"

    port = free_port()
    controller = Controller(Handler(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()
