"""Messages that are made to cost: 33 MB of empty lines, 33 MB of short ones, 500 MB without an end.

    python drills/hostile_data.py [--short]

Each alone: what the daemon takes of memory and processor for it, and how long a neighbour waits for
its replies meanwhile.  Then all at once, with 10,000 idle connections and 50 slow ones, while a
well-behaved client delivers.  Beside it the control: the same empty lines into an aiosmtpd, whose
cost shows that the figures would tell.  ``--short`` does all of it in a fifth of the size, for a
machine that has other work: whoever waits may wait ten times as long there.
"""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from common import Table, Watch, free_port
from house import MB, Cost, Neighbour, allow_files, daemon, deliver, table

SHORT = "--short" in sys.argv[1:]
SCALE = 5 if SHORT else 1
LIMIT = 50 * 2**20 // SCALE
IDLE, SLOW = 10_000 // SCALE, 50
PATIENCE = 10 if SHORT else 1
CHUNK = 2**18
CONSTANT = (
    10 if SHORT else 0
)  # MB that reading any message takes once; they vanish in the full size


@dataclass(frozen=True)
class Attack:
    """One message: *unit* again and again up to *size*, then an end or none."""

    name: str
    unit: bytes
    size: int
    answers: tuple[str, ...]
    ends: bool = True


ATTACKS = (
    Attack("33 MB of CRLF", b"\r\n", 33 * MB // SCALE, ("250",)),
    Attack("33 MB of 10-octet lines", b"12345678\r\n", 33 * MB // SCALE, ("250",)),
    Attack("500 MB without CRLF", b"x", 500 * MB // SCALE, ("421", "552", ""), ends=False),
    Attack("100 MB without SIZE", b"x" * 76 + b"\r\n", 100 * MB // SCALE, ("552",)),
)


def speak(port: int, *lines: bytes) -> socket.socket:
    """Return a connection on which these lines have been said and answered."""
    connection = socket.create_connection(("127.0.0.1", port), 120)
    file = connection.makefile("rb")
    while not file.readline().startswith(b"220 "):
        pass
    for line in lines:
        connection.sendall(line + b"\r\n")
        while (said := file.readline())[3:4] == b"-":
            pass
        if said[:1] not in b"23":
            msg = f"{line!r}: {said!r}"
            raise RuntimeError(msg)
    return connection


def in_data(port: int) -> socket.socket:
    """Return a connection that is in the middle of a message."""
    return speak(port, b"EHLO x", b"MAIL FROM:<>", b"RCPT TO:<bounces@example.org>", b"DATA")


def send(port: int, attack: Attack) -> str:
    """Send one; return the code of the reply, ``""`` where the connection was cut first."""
    chunk = attack.unit * (CHUNK // len(attack.unit))
    said = b""
    with contextlib.suppress(OSError), in_data(port) as connection:
        sent = 0
        with contextlib.suppress(OSError):
            while sent < attack.size:
                connection.sendall(chunk)
                sent += len(chunk)
            if attack.ends:
                connection.sendall(b"\r\n.\r\n")
        said = connection.recv(100)
    return said[:3].decode()


def alone(figures: Table, port: int, cost: Cost, attack: Attack, others: Executor) -> None:
    """Send one attack and measure."""
    send(port, Attack("warm up", b"x\r\n", 1000, ("250",)))
    time.sleep(1)
    cost.forget()
    base, spent = cost.resident(), cost.cpu(children=True)
    with Neighbour(port) as neighbour:
        answer = others.submit(send, port, attack).result()
        time.sleep(0.5)
    peak, spent = cost.peak(), cost.cpu(children=True) - spent
    bound, waited = base + 3 * LIMIT / MB + CONSTANT, neighbour.milliseconds(0.99)
    longest = 100 * PATIENCE
    figures.row(
        f"{attack.name}: answer",
        answer or "cut",
        "/".join(filter(None, attack.answers)),
        passed=answer in attack.answers,
    )
    figures.row(
        f"{attack.name}: resident, from {base:.0f} MB",
        f"{peak:.0f} MB",
        f"<= {bound:.0f} MB",
        passed=peak <= bound,
    )
    figures.row(f"{attack.name}: processor", f"{spent:.1f} s", "<= 2 s", passed=spent <= 2)
    figures.row(
        f"{attack.name}: NOOP beside it, p99",
        f"{waited:.0f} ms",
        f"<= {longest} ms",
        passed=waited <= longest,
    )


class Slow(threading.Thread):
    """Senders of a thousand octets a second each."""

    def __init__(self, port: int, number: int) -> None:
        super().__init__(daemon=True)
        self.connections = [in_data(port) for _ in range(number)]
        self.over = threading.Event()

    def run(self) -> None:
        """Drip until it is over."""
        while not self.over.wait(1.0):
            for connection in self.connections:
                connection.sendall(b"x" * 98 + b"\r\n" + b"y" * 900)


@contextlib.contextmanager
def crowd(port: int) -> Iterator[int]:
    """Hold idle and slow connections; yield how many of them were let in."""
    idle = [socket.create_connection(("127.0.0.1", port), 60) for _ in range(IDLE)]
    inside = sum(connection.recv(3) == b"220" for connection in idle)
    slow = Slow(port, SLOW)
    slow.start()
    try:
        yield inside
    finally:
        slow.over.set()
        slow.join()
        for connection in (*idle, *slow.connections):
            connection.close()


def together(figures: Table, others: Executor) -> None:
    """Send all attacks at once into a full house."""
    with daemon(LIMITS_CONNECTIONS=IDLE + 200, LIMITS_MESSAGE_SIZE=LIMIT) as (one, cost):
        empty = cost.resident()
        with crowd(one.port) as inside:
            full = cost.resident()
            figures.row(
                "idle connections let in", f"{inside:,}", f"{IDLE:,}", passed=inside == IDLE
            )
            each = (full - empty) * 1000 / (IDLE + SLOW)
            figures.row("memory of each", f"{each:.1f} kB", "<= 20 kB", passed=each <= 20)
            cost.forget()
            with Watch(cost.pid) as watch:
                attacks = [others.submit(send, one.port, attack) for attack in ATTACKS]
                took = [deliver(one.port)]
                while not all(attack.done() for attack in attacks):
                    took.append(deliver(one.port))
                    time.sleep(0.05)
            peak, readers = cost.peak(), watch.most / MB
        figures.row("all at once: resident", f"{peak:.0f} MB", "<= 300 MB", passed=peak <= 300)
        figures.row(
            "all at once: with its other processes",
            f"{readers:.0f} MB",
            "<= 300 MB",
            passed=readers <= 300,
        )
        figures.row(
            f"all at once: slowest of {len(took)} deliveries beside it",
            f"{max(took):.2f} s",
            f"<= {PATIENCE} s",
            passed=max(took) <= PATIENCE,
        )


def control(figures: Table) -> None:
    """Send empty lines to an aiosmtpd, not many, as its time grows with their square."""
    size, port = MB // 2, free_port()
    controller = Controller(Sink(), hostname="127.0.0.1", port=port, data_size_limit=LIMIT)
    controller.start()
    tracemalloc.start()
    send(port, Attack("", b"\r\n", size, ("250",)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    controller.stop()
    ratio = peak / size
    figures.row("control: memory for an octet, aiosmtpd", f"{ratio:.0f}", "> 10", passed=ratio > 10)


def main() -> None:
    """Run all of it."""
    allow_files(IDLE + 400)
    figures = table("Hostile messages" + (", a fifth of the size" if SHORT else ""))
    # In processes of their own: what they take of Python must not be what the others wait for.
    with ProcessPoolExecutor(len(ATTACKS), get_context("spawn")) as others:
        with daemon(LIMITS_MESSAGE_SIZE=LIMIT) as (one, cost):
            for attack in ATTACKS:
                alone(figures, one.port, cost, attack, others)
        together(figures, others)
    control(figures)
    figures.end()


if __name__ == "__main__":
    main()
