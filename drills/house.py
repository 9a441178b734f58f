"""What the drills of port 25 share: a daemon with its settings, what it costs, a neighbour."""

from __future__ import annotations

import contextlib
import os
import resource
import smtplib
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from common import Daemon, Table

TICKS = os.sysconf("SC_CLK_TCK")
MB = 10**6


class Cost:
    """What a process takes; with those that it has started, where asked for."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def resident(self) -> float:
        """Return MB that are resident now."""
        text = Path(f"/proc/{self.pid}/statm").read_text()
        return int(text.split()[1]) * os.sysconf("SC_PAGE_SIZE") / MB

    def peak(self) -> float:
        """Return MB that were resident at most since the last ``forget``."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        (line,) = (line for line in lines if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / MB

    def forget(self) -> None:
        """Begin a new peak."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def cpu(self, *, children: bool = False) -> float:
        """Return seconds of a processor that it has taken."""
        return sum(map(_cpu, [self.pid, *(descendants(self.pid) if children else [])]))


def descendants(pid: int) -> list[int]:
    """Return the processes that *pid* has started, and those that they have."""
    own: list[int] = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            own += map(int, (task / "children").read_text().split())
    return own + [other for one in own for other in descendants(one)]


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


@contextlib.contextmanager
def daemon(**settings: object) -> Iterator[tuple[Daemon, Cost]]:
    """Run a daemon; *settings* are the names of its environment, ``LIMITS_IDLE="5s"``."""
    also = {f"BOUNCED_{key}": str(value) for key, value in settings.items()}
    with (
        tempfile.TemporaryDirectory(prefix="bounced-drill-") as name,
        Daemon(Path(name), also={"BOUNCED_LOG_FORMAT": "json"} | also) as one,
    ):
        assert one.process
        yield one, Cost(one.process.pid)


def table(title: str) -> Table:
    """Return an empty table: what was measured, beside what may be."""
    print(title)
    return Table(f"{'figure':>22}", f"{'bound':>22}")


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
