"""What drills share: a daemon of its own in a new folder, what it costs, and a table at the end."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

TICKS = os.sysconf("SC_CLK_TCK")
MB = 10**6


@dataclass
class Daemon:
    """``bounced serve`` as a process, listening on 127.0.0.1:``port``."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def pids(self) -> list[int]:
        """The process and those that it has started."""
        found, waiting = [], [self.process.pid]
        while waiting:
            pid = waiting.pop()
            found.append(pid)
            with contextlib.suppress(OSError):
                tasks = Path(f"/proc/{pid}/task").iterdir()
                for task in tasks:
                    waiting += map(int, (task / "children").read_text().split())
        return found

    def resident(self, pid: int = 0) -> float:
        """Return MB that are resident now, of the daemon itself."""
        text = Path(f"/proc/{pid or self.process.pid}/statm").read_text()
        return int(text.split()[1]) * os.sysconf("SC_PAGE_SIZE") / MB

    def peak(self) -> float:
        """Return MB that were resident at most since the last ``forget``, of the daemon itself."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        (line,) = (line for line in lines if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / MB

    def forget(self) -> None:
        """Begin a new peak."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def cpu(self, *, children: bool = False) -> float:
        """Return seconds of a processor that it has taken."""
        return sum(_cpu(pid) for pid in (self.pids if children else [self.process.pid]))

    def log(self) -> list[dict[str, object]]:
        """Return what it has logged."""
        lines = (self.folder / "log").read_text(errors="replace").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]


def _cpu(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS


def allow_files(wanted: int) -> None:
    """Let the drill itself, and the daemon that it starts, have as many files as it needs."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        sys.exit(f"needs {wanted} open files, and may have {hard}: raise ulimit -n, or use --short")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextlib.contextmanager
def daemon(**settings: object) -> Iterator[Daemon]:
    """Run a daemon; *settings* are the names of its environment, ``LIMITS_IDLE="5s"``."""
    with tempfile.TemporaryDirectory(prefix="bounced-drill-") as name:
        folder, port = Path(name), free_port()
        environ = {key: value for key, value in os.environ.items() if "BOUNCED" not in key}
        environ |= {"STATE_DIRECTORY": name, "BOUNCED_LISTEN": f"127.0.0.1:{port}"}
        environ |= {"BOUNCED_LOG_FORMAT": "json"}
        environ |= {f"BOUNCED_{key}": str(value) for key, value in settings.items()}
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "bounced", "serve"],
                env=environ,
                stdout=log,
                stderr=log,
            )
        one = Daemon(folder, port, process)
        try:
            _wait_for(one)
            yield one
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _wait_for(one: Daemon) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and one.process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", one.port), 1):
            return
        time.sleep(0.05)
    sys.exit(f"the daemon does not answer:\n{(one.folder / 'log').read_text()}")


def deliver(port: int, body: bytes = b"Subject: x\r\n\r\nx\r\n") -> float:
    """Deliver one message over a connection of its own; return the seconds that it took."""
    started = time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port, local_hostname="x", timeout=60) as client:
        client.sendmail("", ["bounces@example.org"], body)
    return time.perf_counter() - started


class Neighbour(threading.Thread):
    """A well-behaved client: NOOP, again and again; keeps how long each took, in seconds."""

    def __init__(self, port: int, *, every: float = 0.01) -> None:
        super().__init__(daemon=True)
        self.port = port
        self.every = every
        self.took: list[float] = []
        self.over = threading.Event()

    def run(self) -> None:
        """Go on until it is told that it is over."""
        client: smtplib.SMTP | None = None
        while not self.over.is_set():
            if client is None or len(self.took) % 500 == 0:
                client = smtplib.SMTP("127.0.0.1", self.port, local_hostname="x", timeout=60)
            started = time.perf_counter()
            client.noop()
            self.took.append(time.perf_counter() - started)
            time.sleep(self.every)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.join(60)

    def milliseconds(self, share: float) -> float:
        """Return how long the given share of them took at most."""
        ordered = sorted(self.took)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass
class Table:
    """What was measured, beside what may be; prints each row as it comes."""

    title: str
    failed: int = 0
    rows: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin."""
        print(self.title)

    def row(self, what: str, figure: str, bound: str, passed: bool) -> None:  # noqa: FBT001 -- the last column
        """Add one row."""
        self.failed += not passed
        print(f"  {what:46} {figure:>22}   {bound:22} {'pass' if passed else 'FAIL'}", flush=True)

    def exit(self) -> None:
        """End the program: 1 where a row has failed."""
        print("failed" if self.failed else "passed")
        sys.exit(bool(self.failed))
