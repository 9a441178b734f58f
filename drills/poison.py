"""What has killed readers of mail, at up to 25 MB each: T18, and the dead reader of T17.

    python drills/poison.py [--short] [ROW...]

First each message is read alone, in a process of its own: seconds of CPU, and memory beyond what
the process had.  Beside it, the control: the same message through Python's own parser with its
modern policy, which is ended after two seconds, and without which the drill would prove nothing.

Then a real daemon gets all of them, while another client sends it ordinary bounces and a third one
says NOOP: each is answered 250 and kept with all its bytes, by the process that was started.  In
between its readers are killed.  The exit code is 1 where any of that does not hold.  ``--short``
takes every eighth, for a machine that has other work: whoever waits may wait ten times as long.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import smtplib
import sqlite3
import statistics
import sys
import threading
import time
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import hostile
import poison
from house import daemon, descendants

from bounced import pipeline
from bounced.classify import RuleBook
from bounced.model import Envelope

SHORT = "--short" in sys.argv[1:]
ONLY = [one for one in sys.argv[1:] if one != "--short"]
PATIENCE = 10 if SHORT else 1
LIMIT = 2.0  # seconds
SLOWEST = 0.1  # seconds, for 99 in 100 NOOPs
MEMORY = 2**30
GOOD = hostile.dsn(hostile.RECIPIENT)


def alone(
    build: Callable[[int], bytes], size: int, work: Callable[[bytes], object]
) -> tuple[float, int, str]:
    """Do *work* on a message in a process of its own: seconds, octets, and how it ended."""
    reading, writing = os.pipe()
    process = os.fork()
    if not process:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        raw = build(size)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        ended, start = "read", time.process_time()
        signal.setitimer(signal.ITIMER_PROF, LIMIT)
        try:
            work(raw)
        except Exception as error:  # noqa: BLE001 -- that is what it is about
            ended = type(error).__name__
        seconds = time.process_time() - start
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        os.write(writing, f"{seconds} {grown * 1024} {ended}".encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as said:
        words = said.read().split()
    _, status = os.waitpid(process, 0)
    if words:
        return float(words[0]), int(words[1]), words[2]
    how = signal.Signals(-os.waitstatus_to_exitcode(status))
    return LIMIT, 0, "too long" if how is signal.SIGPROF else how.name


def naively(raw: bytes) -> None:
    """Read as a program would that trusts the library: headers, and the text of every part."""
    message = message_from_bytes(raw, policy=policy.default)
    for name in ("From", "To", "Subject", "Date", "Content-Type"):
        str(message.get(name))
    for part in message.walk():
        if part.get_content_maintype() == "text":
            part.get_content()


def one_by_one(rows: list[str]) -> bool:
    """Print the first table; whether every row was read in time."""
    rules = RuleBook.builtin()
    pipeline.examine(GOOD, Envelope(), rules)
    good, hurt = True, 0

    def read(raw: bytes) -> None:
        pipeline.examine(raw, Envelope(), rules)
        pipeline.fingerprint(raw)

    print(f"{'message':34}{'MB':>6}{'seconds':>9}{'memory':>9}  control")
    for name in rows:
        build, size = poison.ROWS[name]
        seconds, grown, ended = alone(build, size, read)
        _, _, control = alone(build, size, naively)
        hurt += control != "read"
        fine = ended == "read" and seconds < LIMIT and grown < MEMORY
        good = good and fine
        print(
            f"{name:34}{size / 1e6:6.1f}{seconds:9.2f}{grown / 1e6:6.0f} MB  {control}"
            + ("" if fine else f"   <-- {ended}")
        )
    print(f"the control came to grief on {hurt} of {len(rows)}")
    return good and (hurt > 0 or ONLY != [])


def deliver(client: smtplib.SMTP, raw: bytes) -> int:
    """Send one message as it is, dots doubled; return the code of the reply."""
    client.mail("")
    client.rcpt("bounces@example.org")
    client.putcmd("data")
    client.getreply()
    lines = raw.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n.", b"\n..")
    client.send(lines.replace(b"\n", b"\r\n") + b"\r\n.\r\n")
    return client.getreply()[0]


class Others(threading.Thread):
    """Somebody else who speaks with the daemon again and again: how long each took."""

    def __init__(self, port: int, say: Callable[[smtplib.SMTP], int]) -> None:
        super().__init__()
        self.times: list[float] = []
        self.codes: set[int] = set()
        self._port = port
        self._say = say
        self.over = threading.Event()

    def run(self) -> None:
        """Go on until it is over."""
        while not self.over.is_set():
            with smtplib.SMTP("127.0.0.1", self._port, timeout=120) as client:
                client.ehlo()
                for _ in range(100):  # a daemon sends those away who only say NOOP
                    start = time.monotonic()
                    self.codes.add(self._say(client))
                    self.times.append(time.monotonic() - start)
                    if self.over.wait(0.02):
                        break

    @property
    def p99(self) -> float:
        """The time that 99 in 100 keep below."""
        return statistics.quantiles(self.times, n=100)[98]


def through_the_daemon(rows: list[str]) -> bool:
    """Send all rows to a daemon, and print what became of them and of the others."""
    with daemon() as (running, cost):
        port = running.port
        noop = Others(port, lambda client: client.noop()[0])
        plain = Others(port, lambda client: deliver(client, b"X-Number: 1\n" + GOOD))
        for one in (noop, plain):
            one.start()
        codes, slowest = [], 0.0
        with smtplib.SMTP("127.0.0.1", port, timeout=120) as client:
            client.ehlo()
            for number, name in enumerate(rows):
                build, size = poison.ROWS[name]
                start = time.monotonic()
                codes.append(deliver(client, b"X-Row: %d\n" % number + build(size)))
                slowest = max(slowest, time.monotonic() - start)
                if not number % 10:
                    for reader in descendants(cost.pid)[1:]:
                        os.kill(reader, signal.SIGKILL)
        for one in (noop, plain):
            one.over.set()
            one.join()
        with contextlib.closing(sqlite3.connect(running.folder / "bounced.db")) as database:
            [(kept,)] = database.execute("select count(*) from messages")
            [(unread,)] = database.execute(
                "select count(*) from reports where because = 'a reader failed on it'"
            )
        alive = running.process is not None and running.process.poll() is None
    print(f"\nthrough a daemon: {codes.count(250)} of {len(rows)} answered 250, {kept - 1} kept")
    print(f"{unread} of them unread; the slowest took {slowest:.1f} s, with its transfer")
    print(f"NOOP meanwhile: {len(noop.times)}, 99 % within {1000 * noop.p99:.0f} ms")
    print(f"ordinary bounces: {len(plain.times)}, 99 % within {1000 * plain.p99:.0f} ms")
    print("the daemon is the one that was started" if alive else "THE DAEMON HAS DIED")
    return (
        alive
        and set(codes) == {250} == noop.codes == plain.codes
        and kept == len(rows) + 1
        and noop.p99 < SLOWEST * PATIENCE
        and plain.p99 < LIMIT * PATIENCE
    )


def main() -> int:
    """Run both parts; 0 where all of it holds."""
    rows = ONLY or list(poison.ROWS)[:: 8 if SHORT else 1]
    held = [one_by_one(rows), through_the_daemon(rows)]
    print("held" if all(held) else "DID NOT HOLD")
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
