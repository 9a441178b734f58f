"""The shipped units, booted by a real systemd with all their sandboxing: nobody is turned away.

    python drills/boot.py [--short]

Needs root.  bounced.service and bounced.socket run as they are in ``systemd/``, under a systemd
that is process 1 of a machine of its own (``lab.py``); a drop-in says where the program is, as the
unit tells users to do.  Four senders deliver to port 25 all the while, each mail until it is
answered 250.  What was answered must be in the database, whatever happened in between: restarts,
kill -9, a loop and a writer that stand still, SIGTERM.  The control is a port that the daemon opens
itself, beside systemd's: the same restarts must turn senders away there.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import signal
import smtplib
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "tests" / "e2e"), str(HERE.parent / "tests")]

import freeze
import lab
from lab import Lab, wait_until
from senders import mail

from bounced.address.signed import read_keys, return_path

CANT = 77
"""The exit code of a drill that can't be held on this machine, as automake has it."""

_KEYS = "k1 the-secret-of-a-drill-and-of-nothing-else\n"
_PATH = "bounces@example.com"
_ENDS = "/run/ends"
_DATABASE = "/var/lib/bounced/bounced.db"
_SETTINGS = f"""
[[listen]]
address = "127.0.0.1:2525"
[[listen]]
protocol = "socketmap"
address = "127.0.0.1:10025"
[return_path]
address = "{_PATH}"
[policy]
trust = "signed"
[store]
url = "sqlite:///{_DATABASE}"
"""
_DROP_IN = f"""
[Service]
LoadCredential=return-path-keys:/etc/bounced/return-path-keys
ExecStart=
ExecStart={lab.HOME}/bin/bounced serve
StandardOutput=append:{lab.LOG}
StandardError=append:{lab.LOG}
ExecStopPost=+/bin/sh -c 'echo $SERVICE_RESULT $EXIT_STATUS $(date +%%s.%%N) >> {_ENDS}'
"""
_PROBE = """
[Service]
User=bounced
StandardOutput=file:/run/inside
StandardError=file:/run/inside.err
"""
_NO_LIMIT = "[Unit]\nStartLimitIntervalSec=0\n"  # ten restarts in a row are no accident here


class End(NamedTuple):
    """How a run of the daemon has ended, as systemd says."""

    result: str
    status: str
    at: float


class House(Lab):
    """A machine with bounced on it, and what is asked of it."""

    def __init__(self, watchdog: float) -> None:
        unit = (lab.CHECKOUT / "systemd" / "bounced.service").read_text()
        # The same sandbox, and in it what looks at it.
        probe = unit.replace("/usr/bin/env bounced serve", f"{lab.HOME}/bin/inside")
        probe = probe.replace("Type=notify", "Type=oneshot").replace("WatchdogSec=60\n", "")
        inside = f"#!/bin/sh\nexec /usr/bin/python3 {lab.HOME}/src/drills/inside.py\n"
        units = "/etc/systemd/system"
        super().__init__(
            {
                "/etc/bounced/bounced.toml": _listening(),
                "/etc/bounced/return-path-keys": _KEYS,
                f"{units}/bounced.service.d/drill.conf": f"{_NO_LIMIT}{_DROP_IN}"
                f"WatchdogSec={watchdog}\n",
                f"{units}/inside.service": probe,
                f"{units}/inside.service.d/drill.conf": _PROBE,
                f"{lab.HOME}/bin/inside": inside,
            }
        )

    def bounced(self, *arguments: str) -> str:
        """Run the command line as root, on the service's data."""
        return self.run(f"{lab.HOME}/bin/bounced", *arguments).stdout

    def stored(self) -> set[int]:
        """Return the numbers of the mails in the database."""
        code = (
            f"import sqlite3; at = sqlite3.connect('file:{_DATABASE}?mode=rw', uri=True)\n"
            "for name, in at.execute('SELECT returned_message_id FROM reports'): print(name)"
        )
        lines = self.run("/usr/bin/python3", "-c", code).stdout.split()
        return {int(one.removeprefix("<mail-").partition("@")[0]) for one in lines}

    def ends(self) -> list[End]:
        """Return how each run of the daemon has ended up to now."""
        with contextlib.suppress(OSError):
            lines = self.path(_ENDS).read_text().splitlines()
            return [End(one.split()[0], one.split()[1], float(one.split()[2])) for one in lines]
        return []

    def end_after(self, number: int, seconds: float) -> End:
        """Wait for the end of a run and return it."""
        wait_until(lambda: len(self.ends()) > number, seconds)
        return self.ends()[number]


def _listening() -> str:
    shipped = (lab.CHECKOUT / "systemd" / "bounced.toml").read_text()
    return shipped.partition("[limits]")[0] + _SETTINGS


class Load:
    """Senders in the machine's network: each mail is sent until it is answered 250."""

    def __init__(self, port: int, first: int, senders: int) -> None:
        self.port = port
        self.answered: set[int] = set()
        self.refused = self.broken = 0
        self.longest = 0.0
        self._next = first
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._work) for _ in range(senders)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def wait_for_more(self, mails: int = 20, seconds: float = 60) -> float:
        """Return after how many seconds so many more mails were answered."""
        wanted = len(self.answered) + mails
        return wait_until(lambda: len(self.answered) >= wanted, seconds)

    def _work(self) -> None:
        while not self._stop.is_set():
            with self._lock:
                number, self._next = self._next, self._next + 1
            self._deliver(number)

    def _deliver(self, number: int) -> None:
        text = mail(number, f"full@host{number % 100}.test")
        began = time.monotonic()
        while True:
            try:
                with smtplib.SMTP("127.0.0.1", self.port, timeout=60) as client:
                    client.sendmail("", [_PATH], text)
                    break
            except (OSError, smtplib.SMTPException) as error:
                with self._lock:
                    self.refused += isinstance(error, ConnectionRefusedError)
                    self.broken += not isinstance(error, ConnectionRefusedError)
                if self._stop.wait(0.05):
                    return
        with self._lock:
            self.answered.add(number)
            self.longest = max(self.longest, time.monotonic() - began)


class Table:
    """The rows of the drill as they come, and whether all of them passed."""

    def __init__(self) -> None:
        self.failed: list[str] = []

    def row(self, what: str, told: str, *, passed: bool) -> None:
        """Print one row."""
        print(f"{'pass' if passed else 'FAIL'}  {what:<34}  {told}", flush=True)
        if not passed:
            self.failed.append(what)


def booted(house: House, table: Table) -> None:
    """Delivery by port 25, the credential, and both ways to ask."""
    began = time.monotonic()
    house.systemctl("start", "bounced.socket", "bounced.service")
    table.row("boots", f"ready after {time.monotonic() - began:.1f} s", passed=True)
    anna, keys = "anna@host.test", read_keys(_KEYS)
    path = return_path(anna, base=_PATH, keys=keys, at=datetime.now(UTC))
    said = ("5.1.1", "550 5.1.1 <{0}>: no such user")
    with smtplib.SMTP("127.0.0.1", 25, timeout=30) as client:
        client.sendmail("", [path], mail(0, anna, said))
    with socket.create_connection(("127.0.0.1", 10025), 10) as asked:
        asked.sendall(b"22:blocked anna@host.test,")
        answer = asked.recv(1000).decode()
    checked = json.loads(house.bounced("check", anna, "--json"))
    told = f"socketmap: {answer}"
    good = checked["blocked"] and "REJECT" in answer
    table.row("signed report by port 25 blocks", told, passed=bool(good))


def sandboxed(house: House, table: Table) -> None:
    """What can't be done from inside."""
    house.run("systemctl", "start", "inside.service")
    told = house.path("/run/inside").read_text()
    found = json.loads(told or "{}")
    allowed = [name for name, how in found.items() if how == "allowed"]
    good = bool(found) and not allowed and found["capabilities"] == "none"
    words = "; ".join(f"{name}: {how}" for name, how in found.items())
    table.row("from inside", words or "the probe did not run", passed=good)


def restarts(house: House, table: Table, times: int) -> None:
    """No sender is turned away; where the daemon opens the port itself, some are."""
    with Load(25, 10_000, 4) as load, Load(2525, 500_000, 1) as control:
        for _ in range(times):
            load.wait_for_more()
            house.systemctl("restart", "bounced.service")
        load.wait_for_more()
    lost = len((load.answered | control.answered) - house.stored())
    told = f"{len(load.answered)} answered, {load.refused} refused, {load.broken} broken off, "
    told += f"{lost} lost, longest delivery {load.longest:.1f} s"
    table.row(f"{times} restarts under load", told, passed=not (load.refused or lost))
    told = f"{control.refused} refused"
    table.row("control: a port of its own", told, passed=control.refused > 0)


def kills(house: House, table: Table, times: int) -> None:
    """Kill -9 is answered with a new start; senders wait in the socket meanwhile."""
    with Load(25, 1_000_000, 4) as load:
        for _ in range(times):
            load.wait_for_more()
            before = len(house.ends())
            os.kill(house.main_pid(), signal.SIGKILL)
            house.end_after(before, 30)
            load.wait_for_more()
    lost = len(load.answered - house.stored())
    told = f"{len(load.answered)} answered, {load.refused} refused, {lost} lost, "
    told += f"longest delivery {load.longest:.1f} s"
    table.row(f"{times} kill -9 under load", told, passed=not (load.refused or lost))


def watchdog(
    house: House, table: Table, what: str, thread: Callable[[int], int], limit: float
) -> None:
    """A thread that stands still is noticed, and the daemon replaced."""
    with Load(25, 2_000_000 + 1_000_000 * (what == "writer"), 1) as load:
        load.wait_for_more()
        wait_until(lambda: house.show("ActiveState") == "active", 30)  # no watchdog before that
        before = len(house.ends())
        with freeze.frozen(thread(house.main_pid())) as froze:
            wait_until(lambda: froze.is_over() or len(house.ends()) > before, 4 * limit)
            killed = house.end_after(before, 10).at - froze.at
        again = killed + load.wait_for_more(1)
    end = house.ends()[before]
    lost = len(load.answered - house.stored())
    told = f"{end.result} after {killed:.1f} s, answering after {again:.1f} s, {lost} lost "
    told += f"(WatchdogSec={limit:g})"
    good = end.result == "watchdog" and killed <= 2 * limit and not lost
    table.row(f"a {what} that stands still", told, passed=good)


def stopped(house: House, table: Table) -> None:
    """SIGTERM: who is idle is told, who is being served is served, and it ends well."""
    with Load(25, 5_000_000, 4) as load, socket.create_connection(("127.0.0.1", 25)) as idle:
        load.wait_for_more()
        before = len(house.ends())
        idle.settimeout(40)
        banner = idle.recv(1000)
        began = time.time()
        house.systemctl("kill", "--kill-whom=main", "--signal=SIGTERM", "bounced.service")
        said = idle.recv(1000).decode()
        end = house.end_after(before, 60)
        load.wait_for_more()
    lost = len(load.answered - house.stored())
    told = f"idle client: {said.strip()}; {end.result}, exit code {end.status} after "
    told += f"{end.at - began:.1f} s; {load.refused} refused, {lost} lost"
    good = banner.startswith(b"220") and said.startswith("421") and end.at - began <= 35
    good = good and (end.result, end.status) == ("success", "0")
    table.row("SIGTERM under load", told, passed=good and not (load.refused or lost))


@contextlib.contextmanager
def house(limit: float) -> Iterator[House]:
    """Yield the machine, and be in its network."""
    with House(limit) as made, made.network():
        try:
            yield made
        except BaseException:
            status = made.run("systemctl", "status", "bounced.service", "bounced.socket").stdout
            print(status, made.log()[-5000:], file=sys.stderr)
            raise


def main() -> None:
    """Hold the drill."""
    if why := lab.missing():
        print(f"this drill can't be held here: {why}", file=sys.stderr)
        sys.exit(CANT)
    short = "--short" in sys.argv[1:]
    limit = 3 if short else 10
    table = Table()
    with house(limit) as machine:
        booted(machine, table)
        sandboxed(machine, table)
        restarts(machine, table, 3 if short else 10)
        kills(machine, table, 1 if short else 5)
        watchdog(machine, table, "loop", freeze.loop, limit)
        watchdog(machine, table, "writer", freeze.writer, limit)
        stopped(machine, table)
    if table.failed:
        print(f"failed: {'; '.join(table.failed)}", file=sys.stderr)
    sys.exit(bool(table.failed))


if __name__ == "__main__":
    main()
