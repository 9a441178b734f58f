"""A flood of bounces: what can't be taken waits at the senders, and look-ups go on being answered.

    python drills/flood.py [MESSAGES] [CONNECTIONS]

So many connections send as fast as they can.  Look-ups are asked through the socketmap all the
while by a process of its own, 200 a second.  The memory of the daemon and its children is watched.
The senders, who would be other machines, leave the processor to the daemon where both want it.
Control: a process that does nothing but answer is asked the same, at the same time.  How long it
takes is the machine's, with whatever else runs on it, and is no fault of the daemon's.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import smtplib
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from multiprocessing.synchronize import Event
from pathlib import Path

import common
from common import Daemon, Table, Watch, compare, report, wait_until

PROCESSES = 4
A_SECOND = 200
MEMORY = 300 * 2**20
LONGEST = 0.005
NICE = 10


def send(port: int, numbers: list[int], answered: set[int], deferred: list[str]) -> None:
    """Send each until it is answered 250, by one connection for as long as that is kept."""
    waiting = list(reversed(numbers))
    while waiting:
        try:
            with smtplib.SMTP("127.0.0.1", port, timeout=120) as client:
                while waiting:
                    client.sendmail("", ["bounces@example.com"], report(waiting[-1]))
                    answered.add(waiting.pop())
        except smtplib.SMTPResponseException as error:
            deferred.append(str(error.smtp_code))
            time.sleep(0.2)
        except (OSError, smtplib.SMTPException):
            time.sleep(0.2)


def flood(port: int, share: list[list[int]], out: object) -> None:
    """Send by so many connections, in a process of its own."""
    os.nice(NICE)
    answered: set[int] = set()
    deferred: list[str] = []
    threads = [threading.Thread(target=send, args=(port, one, answered, deferred)) for one in share]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    out.put((answered, deferred))  # type: ignore[attr-defined]


def ask(path: str, stop: Event, out: object) -> None:
    """Ask for one address after the other, and note how long each answer takes."""
    times: list[float] = []
    with socket.socket(socket.AF_UNIX) as asking:
        asking.connect(path)
        due = time.perf_counter()
        while not stop.is_set():
            key = f"blocked full@host{len(times) % common.ADDRESSES}.test"
            begun = time.perf_counter()
            asking.sendall(f"{len(key)}:{key},".encode())
            answer = asking.recv(4096)
            times.append(time.perf_counter() - begun)
            assert b"OK" in answer or b"NOTFOUND" in answer, answer
            due += 1 / A_SECOND
            time.sleep(max(0.0, due - time.perf_counter()))
    out.put(times)  # type: ignore[attr-defined]


def echo(path: str) -> None:
    """Answer everybody that nothing is found."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(path)
        server.listen()
        client, _ = server.accept()
        with client:
            while client.recv(4096):
                client.sendall(b"9:NOTFOUND ,")


def p99(times: list[float]) -> float:
    """Return within how many seconds 99 of 100 were answered."""
    return statistics.quantiles(times, n=100)[98]


def flooded(port: int, messages: int, connections: int) -> tuple[set[int], list[str], float]:
    """Send all; return what was answered, the codes of refusals, and how long it took."""
    shares = [list(range(first, messages, connections)) for first in range(connections)]
    out: multiprocessing.Queue[tuple[set[int], list[str]]] = multiprocessing.Queue()
    senders = [
        multiprocessing.Process(target=flood, args=(port, shares[at::PROCESSES], out))
        for at in range(PROCESSES)
    ]
    begun = time.monotonic()
    for one in senders:
        one.start()
    answered: set[int] = set()
    deferred: list[str] = []
    for _ in senders:
        some, codes = out.get()
        answered |= some
        deferred += codes
    took = time.monotonic() - begun
    for one in senders:
        one.join()
    return answered, deferred, took


@contextlib.contextmanager
def asked(*paths: Path) -> Iterator[list[list[float]]]:
    """Ask at each of *paths* while the block runs; the times of each are there at its end."""
    stop = multiprocessing.Event()
    outs = [multiprocessing.Queue() for _ in paths]
    asking = [
        multiprocessing.Process(target=ask, args=(str(path), stop, out))
        for path, out in zip(paths, outs, strict=True)
    ]
    for one in asking:
        one.start()
    times: list[list[float]] = []
    try:
        yield times
    finally:
        stop.set()
        times += [out.get(timeout=30) for out in outs]
        for one in asking:
            one.join()


def main() -> None:
    """Hold it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("messages", nargs="?", type=int, default=50_000)
    parser.add_argument("connections", nargs="?", type=int, default=200)
    options = parser.parse_args()
    table = Table(
        *("answered", "a second", "refused", "         memory", "look-ups", "p99 ms", "max ms"),
        *("control p99", "lost", "doubled", "damaged"),
    )
    with tempfile.TemporaryDirectory(prefix="drill-") as name:
        folder = Path(name)
        url = f"sqlite:///{folder}/bounced.db"
        ours, control = folder / "map.sock", folder / "echo.sock"
        also = common.UNLIMITED | {"socketmap": f"unix:{ours}", "BOUNCED_LOG_LEVEL": "error"}
        idle = multiprocessing.Process(target=echo, args=(str(control),))
        idle.start()
        with Daemon(folder, also=also, url=url) as daemon:
            wait_until(lambda: ours.exists() and control.exists(), 30)
            assert daemon.process
            with Watch(daemon.process.pid) as watch, asked(ours, control) as times:
                time.sleep(1)
                answered, deferred, took = flooded(
                    daemon.port, options.messages, options.connections
                )
        idle.join()
        found = compare(answered, url)
    at_ease = p99(times[1])
    table.row(
        f"{options.messages} bounces by {options.connections} connections",
        *(len(answered), f"{len(answered) / took:.0f}", len(deferred), watch.told),
        *(len(times[0]), f"{1000 * p99(times[0]):.2f}", f"{1000 * max(times[0][1:]):.1f}"),
        *(f"{1000 * at_ease:.2f}", found.lost, found.doubled, found.damaged),
        passed=len(answered) == options.messages
        and not found.fault
        and watch.most < MEMORY
        and p99(times[0]) < LONGEST + at_ease
        and all(one.startswith("4") for one in deferred),
    )
    table.end()


if __name__ == "__main__":
    main()
