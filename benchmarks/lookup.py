"""Look-ups through the socketmap while bounces arrive: how many, how soon, at what cost.

    python benchmarks/lookup.py [ADDRESSES] [SECONDS] [DATABASE]

The real daemon on an SQLite database of that many addresses, four in five of them blocked; the file
is made once and used again.  The client is a process of its own with 100 connections, as many as
Postfix has smtpd processes, each with one question at a time.  Half of the questions are about
addresses that are in the database.

First 5,000 questions a second, then as many as get an answer; each without bounces, with 50 a
second about mailboxes of 20,000 domains (one for each hundred mails), with 100, with 100 of one
domain, which is an outage, and with as many of the 20,000 as the daemon takes.  As a control, in
the place of bounces, a process that has nothing to do with it computes for 6 ms in every 10.  Of
three measurements each line is the one whose 99th percentile is in the middle.

A question's time runs from when it is due, which includes waiting for a free connection, and for a
core: client, daemon and senders share the machine.  "CPU" is that of the process which answers, and
the rate for one core is what it answered in a second of it.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import os
import random
import selectors
import signal
import smtplib
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import NamedTuple

from bounced.policy import Policies
from bounced.store import Store

CONNECTIONS = 100
SENDERS = 4
WANTED = 5_000
DOMAINS = 20_000
_TICKS = os.sysconf("SC_CLK_TCK")
_SINCE = "2026-01-01 00:00:00.000000"


class Bounces(NamedTuple):
    """How many a second, 0 for as many as are taken, about mailboxes of how many domains."""

    rate: float
    domains: int


NONE, CONTROL = Bounces(0, 0), Bounces(0, -1)
BOUNCES = (
    NONE,
    CONTROL,
    Bounces(50, DOMAINS),
    Bounces(100, DOMAINS),
    Bounces(100, 1),
    Bounces(0, DOMAINS),
)


def database(path: Path, addresses: int) -> None:
    """Make the database, unless it is there."""
    if path.exists():
        return
    Store.open(f"sqlite:///{path}", policies=Policies(), raw_retention=None).close()
    insert = (
        "INSERT INTO recipients (stream, key, address, domain, blocked, since, cause, rule,"
        " evidence, soft_count, complaints)"
        " VALUES ('default', ?, ?, ?, ?, ?, 'mailbox_unknown', 'r', ?, 0, 0)"
    )
    with contextlib.closing(sqlite3.connect(path)) as made, made:
        made.executemany(insert, (row(number) for number in range(addresses)))


def address(number: int) -> str:
    """Return address *number*; those of one domain are far apart, as in life."""
    return f"{number * 2_654_435_761 % 2**32:08x}.user@host{number % DOMAINS}.example.net"


def row(number: int) -> tuple[object, ...]:
    """Return the row of one address."""
    key = address(number)
    words = f"550 5.1.1 <{key}>: Recipient address rejected: User unknown in virtual mailbox table"
    return key, key, key.partition("@")[2], number % 5 != 0, _SINCE, words


def report(number: int, domain: str) -> bytes:
    """Return one bounce about a mailbox that is full."""
    recipient = f"full{number % 50_000}@{domain}"
    return (
        "From: MAILER-DAEMON@mail.example.com\r\nTo: bounces@example.com\r\n"
        f"Subject: Undelivered Mail Returned to Sender\r\nMessage-ID: <{time.time_ns()}@x>\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mail.example.com\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: failed\r\nStatus: 5.2.2\r\n"
        f"Diagnostic-Code: smtp; 552 5.2.2 <{recipient}>: mailbox is full\r\n\r\n"
        "--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: <mail-{time.time_ns()}@example.com>\r\n\r\n--b--\r\n"
    ).encode()


def compute(stop: Event) -> None:
    """Keep a core busy for 6 ms in every 10, until told to stop."""
    while not stop.is_set():
        until = time.perf_counter() + 0.006
        while time.perf_counter() < until:
            pass
        time.sleep(0.004)


def bounce(port: int, bounces: Bounces, stop: Event, sent: multiprocessing.Queue[int]) -> None:
    """Send a share of the bounces, until told to stop."""
    rate = bounces.rate / SENDERS
    gc.disable()
    number, start = 0, time.perf_counter()
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
        while not stop.is_set():
            drawn = random.randrange(10**9)
            domain = f"host{drawn % bounces.domains}.example.net"
            client.sendmail("", ["bounces@example.com"], report(drawn, domain))
            number += 1
            if rate:
                time.sleep(max(0.0, start + number / rate - time.perf_counter()))
    sent.put(number)


class Client:
    """Asks on many connections, each with one question under way."""

    def __init__(self, path: str, addresses: int) -> None:
        self.addresses = addresses
        self.draw = random.Random(1)
        self.selector = selectors.DefaultSelector()
        self.free: deque[socket.socket] = deque()
        self.asked: dict[socket.socket, float] = {}
        for _ in range(CONNECTIONS):
            one = socket.socket(socket.AF_UNIX)
            one.connect(path)
            self.selector.register(one, selectors.EVENT_READ)
            self.free.append(one)

    def run(self, seconds: float, rate: float) -> list[float]:
        """Ask for so long, at *rate* a second or 0 for as many as get an answer; return times."""
        times: list[float] = []
        start = time.perf_counter()
        due = start
        while (now := time.perf_counter()) < start + seconds:
            while self.free and (not rate or due <= now):
                self._ask(due if rate else now)
                due += 1 / rate if rate else 0
            wait = max(0.0, due - now) if rate and self.free else 1.0
            for key, _ in self.selector.select(wait):
                self._answer(key.fileobj, times)
        while self.asked:
            for key, _ in self.selector.select(10):
                self._answer(key.fileobj, times)
        return times

    def _ask(self, due: float) -> None:
        number = self.draw.randrange(2 * self.addresses)
        key = address(number) if number < self.addresses else f"new{number}@example.com"
        text = f"blocked {key}"
        one = self.free.popleft()
        self.asked[one] = due
        one.sendall(f"{len(text)}:{text},".encode())

    def _answer(self, one: object, times: list[float]) -> None:
        assert isinstance(one, socket.socket)
        answer = one.recv(4096)
        assert b"OK REJECT" in answer or b"NOTFOUND" in answer, answer
        times.append(time.perf_counter() - self.asked.pop(one))
        self.free.append(one)


def client(path: str, addresses: int, seconds: float, rate: float, out: object) -> None:
    """Ask in a process of its own, which stops for no garbage: that would be waiting as well."""
    gc.disable()
    asking = Client(path, addresses)
    asking.run(1, rate)
    out.put(asking.run(seconds, rate))  # type: ignore[attr-defined]


@contextlib.contextmanager
def daemon(path: Path, folder: str) -> Iterator[tuple[int, str, int]]:
    """Run it; yield its port, its socketmap, and the process that answers there."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    asked = f"{folder}/map.sock"
    environ = {
        **os.environ,
        "BOUNCED_LISTEN": f"smtp 127.0.0.1:{port}, socketmap unix:{asked}",
        "BOUNCED_STORE_URL": f"sqlite:///{path}",
        "BOUNCED_LOG_LEVEL": "error",
    }
    command = [sys.executable, "-m", "bounced", "serve"]
    running = subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout
        next(line for line in running.stdout if line.startswith("data in"))
        yield port, asked, answerer(running.pid)
    finally:
        running.send_signal(signal.SIGTERM)
        running.wait(60)


def answerer(daemon: int) -> int:
    """Return the process of the daemon that answers, among those that it has started."""
    children = Path(f"/proc/{daemon}/task/{daemon}/children").read_text().split()
    (found,) = (
        int(one)
        for one in children
        if b"bounced.lookup" in Path(f"/proc/{one}/cmdline").read_bytes()
    )
    return found


def cpu(process: int) -> float:
    """Return how many seconds *process* has computed."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def measure(
    running: tuple[int, str, int],
    addresses: int,
    seconds: float,
    rate: float,
    bounces: Bounces,
) -> tuple[float, str]:
    """Return a 99th percentile in milliseconds, and the line of the table."""
    port, path, process = running
    stop = multiprocessing.Event()
    sent: multiprocessing.Queue[int] = multiprocessing.Queue()
    sending = bounces not in {NONE, CONTROL}
    senders = [
        multiprocessing.Process(target=bounce, args=(port, bounces, stop, sent))
        for _ in range(SENDERS if sending else 0)
    ]
    beside = [multiprocessing.Process(target=compute, args=(stop,))] if bounces is CONTROL else []
    out: multiprocessing.Queue[list[float]] = multiprocessing.Queue()
    asking = multiprocessing.Process(target=client, args=(path, addresses, seconds, rate, out))
    begun, used = time.perf_counter(), cpu(process)
    for one in [*senders, *beside, asking]:
        one.start()
    times = out.get(timeout=seconds + 60)
    used = cpu(process) - used
    took = time.perf_counter() - begun
    stop.set()
    arrived = sum(sent.get(timeout=60) for _ in senders) / took
    for one in [*senders, *beside, asking]:
        one.join()
    asked = len(times) * (seconds + 1) / seconds  # the second before the measurement costs as well
    cuts = statistics.quantiles((1000 * one for one in times), n=1000)
    of = f"{arrived:,.0f} of {bounces.domains:,}" if sending else "control" if beside else "none"
    line = (
        f"{len(times) / seconds:10,.0f}{of:>23}{cuts[499]:9.2f}{cuts[989]:8.2f}"
        f"{cuts[998]:8.2f}{1000 * max(times):8.1f}{100 * used / took:7.0f}%{asked / used:12,.0f}"
    )
    return cuts[989], line


def main() -> None:
    """Print the table."""
    addresses = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 10  # noqa: PLR2004
    file = f"bounced-benchmark-{addresses}.db"
    path = Path(sys.argv[3]) if len(sys.argv) > 3 else Path(tempfile.gettempdir()) / file  # noqa: PLR2004
    database(path, addresses)
    cores = os.cpu_count() or 1
    print(f"{addresses:,} addresses in SQLite ({path}), {CONNECTIONS} connections, {cores} cores")
    print("look-ups/s  bounces/s of domains  p50 ms  p99 ms  p99.9ms  max ms   CPU  for one core")
    with tempfile.TemporaryDirectory() as folder, daemon(path, folder) as running:
        for rate in (WANTED, 0):
            for bounces in BOUNCES:
                three = [measure(running, addresses, seconds, rate, bounces) for _ in range(3)]
                print(sorted(three)[1][1], flush=True)


if __name__ == "__main__":
    main()
