"""A flood of bounces: what can't be taken waits at the senders, and look-ups go on being answered.

    python drills/flood.py [MESSAGES] [CONNECTIONS]

So many connections send as fast as they can.  Look-ups are asked through the socketmap all the while
by a process of its own, 200 a second.  The daemon's memory, with that of its children, is watched.
The senders, who would be other machines, leave the processor to the daemon where both want it.
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
from multiprocessing.synchronize import Event
from pathlib import Path

import common
from common import Daemon, Table, Watch, compare, report

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


def main() -> None:
    """Hold it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("messages", nargs="?", type=int, default=50_000)
    parser.add_argument("connections", nargs="?", type=int, default=200)
    options = parser.parse_args()
    table = Table(
        *("answered", "a second", "refused", "         memory", "look-ups", "p50 ms", "p99 ms"),
        *("max ms", "lost", "doubled", "damaged"),
    )
    with tempfile.TemporaryDirectory(prefix="drill-") as name:
        folder = Path(name)
        url = f"sqlite:///{folder}/bounced.db"
        asked = folder / "map.sock"
        also = common.UNLIMITED | {"socketmap": f"unix:{asked}", "BOUNCED_LOG_LEVEL": "error"}
        shares = [
            list(range(first, options.messages, options.connections))
            for first in range(options.connections)
        ]
        out: multiprocessing.Queue[tuple[set[int], list[str]]] = multiprocessing.Queue()
        times: multiprocessing.Queue[list[float]] = multiprocessing.Queue()
        stop = multiprocessing.Event()
        with contextlib.ExitStack() as stack:
            daemon = stack.enter_context(Daemon(folder, also=also, url=url))
            assert daemon.process
            watch = stack.enter_context(Watch(daemon.process.pid))
            asking = multiprocessing.Process(target=ask, args=(str(asked), stop, times))
            asking.start()
            begun = time.monotonic()
            senders = [
                multiprocessing.Process(
                    target=flood, args=(daemon.port, shares[at::PROCESSES], out)
                )
                for at in range(PROCESSES)
            ]
            for one in senders:
                one.start()
            answered: set[int] = set()
            deferred: list[str] = []
            for _ in senders:
                some, codes = out.get()
                answered |= some
                deferred += codes
            took = time.monotonic() - begun
            stop.set()
            asked_for = times.get(timeout=30)
            for one in [*senders, asking]:
                one.join()
        found = compare(answered, url)
    cuts = [1000 * one for one in statistics.quantiles(asked_for, n=100)]
    table.row(
        f"{options.messages} bounces by {options.connections} connections",
        *(len(answered), f"{len(answered) / took:.0f}", len(deferred), watch.told),
        *(len(asked_for), f"{cuts[49]:.2f}", f"{cuts[98]:.2f}", f"{1000 * max(asked_for):.1f}"),
        *(found.lost, found.doubled, found.damaged),
        passed=len(answered) == options.messages
        and not found.fault
        and watch.most < MEMORY
        and cuts[98] < 1000 * LONGEST
        and all(one.startswith("4") for one in deferred),
    )
    table.end()


if __name__ == "__main__":
    main()
