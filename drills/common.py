"""What the drills share: the daemon under load, what its database must hold, and the table.

The daemon and the senders are those of the tests, which lie beside this folder: ``running.Daemon``
is the real one in a process of its own, ``senders.Senders`` are clients that send each mail until
it is answered 250, as a queue does.  Mail number N is a report about ``full@hostN%100.test``, has a
Message-ID of its own, and every failure counts: so the count of an address must be the number of
its mails in the database, whatever has happened to the daemon meanwhile.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

HERE = Path(__file__).parent
TESTS = HERE.parent / "tests"
sys.path[:0] = [str(TESTS / "e2e"), str(TESTS)]

from running import Daemon
from senders import Senders, mail
from sqlalchemy import select

from bounced.policy import Policies
from bounced.store import Store, schema

ADDRESSES = 100
CANT = 77
"""The exit code of a drill that can't be held on this machine, as automake has it."""
UNLIMITED = {"BOUNCED_POLICY_SOFT_LIMIT": "1000000000", "BOUNCED_LOG_FORMAT": "json"}


def report(number: int, padding: int = 0) -> str:
    """Return mail *number*, longer by *padding* octets that don't compress."""
    text = mail(number, f"full@host{number % ADDRESSES}.test")
    if not padding:
        return text
    noise = os.urandom(padding // 2).hex()
    lines = "\r\n".join(noise[at : at + 76] for at in range(0, len(noise), 76))
    return text.removesuffix("--b--\r\n") + f"{lines}\r\n--b--\r\n"


@contextlib.contextmanager
def load(
    ports: Sequence[int], make: Callable[[int], str] = report, senders: int = 8
) -> Iterator[Senders]:
    """Send without a pause while the block runs; what is under way then is sent to its end."""
    clients = Senders(ports, None, make, senders=senders)
    clients.patience = 60
    thread = clients.start()
    try:
        yield clients
    except BaseException:
        clients.give_up()
        raise
    finally:
        clients.stop()
        thread.join()


@dataclass
class Found:
    """What a database holds, against what the senders were told."""

    acknowledged: int
    stored: int = 0
    lost: int = 0
    doubled: int = 0
    damaged: int = 0

    @property
    def fault(self) -> bool:
        """Whether a promise was broken."""
        return bool(self.lost or self.doubled or self.damaged)


def compare(answered: set[int], url: str, *, raw: bool = True) -> Found:
    """Look for every mail that was answered: there, whole, once, and counted once.

    Without *raw* the mails' octets may have expired.
    """
    found = Found(len(answered))
    store = Store.open(url, policies=Policies(), raw_retention=None, read_only=True)
    with contextlib.closing(store), store.database.read() as connection:
        if connection.dialect.name == "sqlite":
            sound = connection.exec_driver_sql("PRAGMA integrity_check").scalar()
            found.damaged += sound != "ok"
        reports, kept = schema.reports.c, schema.raw_messages.c
        query = select(reports.returned_message_id, kept.zlib).join_from(
            schema.reports,
            schema.raw_messages,
            reports.message_id == kept.message_id,
            isouter=not raw,
        )
        numbers: Counter[int] = Counter()
        for name, packed in connection.execute(query):
            number = int(name.removeprefix("<mail-").partition("@")[0])
            numbers[number] += 1
            if packed is not None:
                found.damaged += not zlib.decompress(packed).endswith(b"--b--\r\n")
        people = schema.recipients.c
        counts = dict(connection.execute(select(people.key, people.soft_count)).tuples().all())
    found.stored = len(numbers)
    found.lost = len(answered - set(numbers))
    expected = Counter(f"full@host{number % ADDRESSES}.test" for number in numbers)
    wrong = [key for key in expected | counts if expected[key] != counts.get(key, 0)]
    found.doubled = sum(numbers.values()) - len(numbers) + len(wrong)
    return found


def stored_in(path: Path) -> set[int]:
    """Return the numbers of the mails in an SQLite file; quick, for the middle of a drill."""
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=rw", uri=True)) as database:
        rows = database.execute("SELECT returned_message_id FROM reports")
        return {int(name.removeprefix("<mail-").partition("@")[0]) for (name,) in rows}


def codes(senders: Senders) -> str:
    """Return the codes that were answered, other than 250."""
    return ", ".join(sorted({one[:3] for one in senders.deferred})) or "none"


def memory(pid: int) -> int:
    """Return the octets of memory of a process and all its children, what they share once."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    total, waiting = 0, [pid]
    while waiting:
        one = waiting.pop()
        waiting += children.get(one, [])
        with contextlib.suppress(OSError):
            text = Path(f"/proc/{one}/smaps_rollup").read_text()
            total += int(text.partition("Pss:")[2].split()[0]) * 1024
    return total


@dataclass
class Watch:
    """Notes the largest memory of a process tree, and its smallest at the beginning."""

    pid: int
    least: int = 0
    most: int = 0
    _done: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Self:
        self.least = self.most = memory(self.pid)
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._done.wait(0.25):
            self.most = max(self.most, memory(self.pid))

    @property
    def told(self) -> str:
        """Return both, for the table."""
        return f"{self.least >> 20} -> {self.most >> 20} MiB"


@contextlib.contextmanager
def postgresql() -> Iterator[tuple[object, str]]:
    """Yield a PostgreSQL of our own and the URL of an empty database on it."""
    from postgresql_server import BINARIES, Postgresql

    if BINARIES is None:
        give_up("PostgreSQL is not installed: apt-get install postgresql")
    with Postgresql() as server:
        yield server, server.url(server.create())


@contextlib.contextmanager
def small_disk(options: str) -> Iterator[Path]:
    """Yield a folder with a filesystem of its own, in memory, as mount(8) is told by *options*."""
    folder = Path(tempfile.mkdtemp(prefix="drill-"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "drill", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
        folder.rmdir()


def in_own_namespace() -> None:
    """Run this script again where its mounts are seen by nobody else and vanish with it."""
    if os.environ.get("DRILL_NAMESPACE"):
        return
    if os.geteuid():
        give_up("mounting needs root")
    environ = os.environ | {"DRILL_NAMESPACE": "1"}
    command = ["unshare", "--mount", "--propagation", "private", sys.executable, *sys.argv]
    os.execvpe("unshare", command, environ)


def give_up(why: str) -> None:
    """End a drill that can't be held here."""
    print(f"this drill can't be held here: {why}", file=sys.stderr)
    sys.exit(CANT)


def wait_until(true: Callable[[], bool], seconds: float) -> float:
    """Return after how many seconds *true* was; raises TimeoutError."""
    start = time.monotonic()
    while not true():
        if time.monotonic() > start + seconds:
            msg = f"not in {seconds} seconds"
            raise TimeoutError(msg)
        time.sleep(0.005)
    return time.monotonic() - start


class Table:
    """The rows of a drill as they come, and whether all of them passed."""

    def __init__(self, *columns: str) -> None:
        self.columns = columns
        self.widths = [max(len(one), 8) for one in columns]
        self.failed: list[str] = []
        print("  ".join(["what was tried".ljust(44), *columns, "verdict"]), flush=True)

    def row(self, what: str, *cells: object, passed: bool) -> None:
        """Print one row."""
        told = [str(cell).rjust(len(head)) for cell, head in zip(cells, self.columns, strict=True)]
        print("  ".join([what.ljust(44), *told, "pass" if passed else "FAIL"]), flush=True)
        if not passed:
            self.failed.append(what)

    def end(self) -> None:
        """Exit with 1 where a row has failed, else 0."""
        if self.failed:
            print(f"failed: {'; '.join(self.failed)}", file=sys.stderr)
        sys.exit(bool(self.failed))


__all__ = ["Daemon", "Senders"]
