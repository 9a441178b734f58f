"""bounced on a machine of its own: the shipped units, senders, and what has become of both."""

from __future__ import annotations

import contextlib
import smtplib
import sys
import threading
import time
from collections.abc import Iterator
from typing import NamedTuple, Self

import common  # noqa: F401 -- it makes the tests' modules known
import lab
from common import wait_until
from lab import HOME, Lab
from senders import mail

UNITS = lab.CHECKOUT / "systemd"
PATH = "bounces@example.com"
KEYS = "k1 the-secret-of-a-drill-and-of-nothing-else\n"
SOCKETMAP = "/var/lib/private/bounced/socketmap"

_ENDS = "/run/ends"
_DATABASE = "/var/lib/bounced/bounced.db"
_ETC = "/etc/systemd/system"
_SETTINGS = f"""
[[listen]]
protocol = "socketmap"
address = "unix:/var/lib/bounced/socketmap"
[return_path]
address = "{PATH}"
[policy]
trust = "signed"
[store]
url = "sqlite:///{_DATABASE}"
"""
_OWN_PORT = '[[listen]]\naddress = "127.0.0.1:2525"\n'
# Ten restarts in a row are no accident here.
_DROP_IN = f"""
[Unit]
StartLimitIntervalSec=0
[Service]
LoadCredential=return-path-keys:/etc/bounced/return-path-keys
ExecStart=
ExecStart={HOME}/bin/bounced serve
StandardOutput=append:{lab.LOG}
StandardError=append:{lab.LOG}
ExecStopPost=+/bin/sh -c 'echo $SERVICE_RESULT $EXIT_STATUS $(date +%%s.%%N) >> {_ENDS}'
WatchdogSec=
"""
# What looks at the sandbox from inside: of the same user, or it would take the folder over.
_PROBE = f"""
[Service]
User=bounced
Type=oneshot
WatchdogSec=0
ExecReload=
StandardOutput=file:/run/inside
StandardError=file:/run/inside.err
ExecStart=
ExecStart={HOME}/bin/python {HOME}/src/drills/inside.py
"""


class End(NamedTuple):
    """How a run of the daemon has ended, as systemd says."""

    result: str
    status: str
    at: float


class Machine(Lab):
    """The machine; with *private* the daemon has no network but what systemd hands over."""

    def __init__(self, watchdog: float, *, private: bool = False) -> None:
        shipped = (UNITS / "bounced.toml").read_text().partition("[limits]")[0]
        files = {
            "/etc/bounced/bounced.toml": shipped + ("" if private else _OWN_PORT) + _SETTINGS,
            "/etc/bounced/return-path-keys": KEYS,
            f"{_ETC}/bounced.service.d/drill.conf": _DROP_IN.rstrip() + f"{watchdog}\n",
            f"{_ETC}/inside.service": (UNITS / "bounced.service").read_text(),
            f"{_ETC}/inside.service.d/drill.conf": _PROBE,
        }
        if private:
            network = (UNITS / "private-network.conf").read_text()
            files |= {
                f"{_ETC}/{one}.service.d/private-network.conf": network
                for one in ("bounced", "inside")
            }
        super().__init__(files)

    def bounced(self, *arguments: str) -> str:
        """Run the command line as root, on the service's data."""
        return self.run(f"{HOME}/bin/bounced", *arguments).stdout

    def stored(self) -> set[int]:
        """Return the numbers of the mails in the database."""
        code = (
            f"import sqlite3; at = sqlite3.connect('file:{_DATABASE}?mode=rw', uri=True)\n"
            "for name, in at.execute('SELECT returned_message_id FROM reports'): print(name)"
        )
        lines = self.run(f"{HOME}/bin/python", "-c", code).stdout.split()
        return {int(one.removeprefix("<mail-").partition("@")[0]) for one in lines}

    def wait_until_active(self) -> None:
        """Return when the daemon has said that it is ready; before, no watchdog looks at it."""
        wait_until(lambda: self.show("ActiveState") == "active", 30)

    def ends(self) -> list[End]:
        """Return how each run of the daemon has ended up to now."""
        with contextlib.suppress(OSError):
            lines = [one.split() for one in self.path(_ENDS).read_text().splitlines()]
            return [End(result, status, float(at)) for result, status, at in lines]
        return []

    def end_after(self, number: int, seconds: float) -> End:
        """Wait for the end of a run, of which so many had been before, and return it."""
        wait_until(lambda: len(self.ends()) > number, seconds)
        return self.ends()[number]


@contextlib.contextmanager
def running(watchdog: float, *, private: bool = False) -> Iterator[Machine]:
    """Yield the machine, and be in its network; where it fails, show what has become of it."""
    with Machine(watchdog, private=private) as machine, machine.network():
        try:
            yield machine
        except Exception:
            status = machine.run("systemctl", "status", "bounced.service", "bounced.socket").stdout
            print(status, machine.log()[-5000:], file=sys.stderr)
            raise


class Load:
    """Senders in the machine's network: each mail is sent until it is answered 250.

    What is under way at the end is not told.
    """

    def __init__(self, port: int, first: int, senders: int) -> None:
        self.port = port
        self.answered: set[int] = set()
        self.refused = self.deferred = self.broken = 0
        self.longest = 0.0
        self._next = first
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._work) for _ in range(senders)]

    def __enter__(self) -> Self:
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
        while not self._is_taken(text):
            if self._stop.wait(0.05):
                return
        with self._lock:
            self.answered.add(number)
            self.longest = max(self.longest, time.monotonic() - began)

    def _is_taken(self, text: str) -> bool:
        try:
            with smtplib.SMTP("127.0.0.1", self.port, timeout=60) as client:
                client.sendmail("", [PATH], text)
        except ConnectionRefusedError:
            self._count("refused")
        except smtplib.SMTPResponseException:
            self._count("deferred")
        except (OSError, smtplib.SMTPException):
            self._count("broken")
        else:
            return True
        return False

    def _count(self, what: str) -> None:
        with self._lock:
            setattr(self, what, getattr(self, what) + 1)
