"""Disk errors under load: 451 or 452 each, nothing lost, and it goes on by itself.

    python drills/faults.py [SECONDS]

Needs a C compiler.  Calls of the daemon on its database fail for so long, through a library that
stands before the system's (faults.c): fsync and reads and writes with EIO, writes that take half of
what they are given and then find no room, and writes that are forgotten until fsync says so, after
which the daemon is killed.
"""

from __future__ import annotations

import argparse
import contextlib
import sqlite3
import tempfile
import time
from pathlib import Path

import common
from common import Daemon, Table, codes, compare, load, wait_until
from shim import Fault, Shim

SECONDS_TO_HEAL = 10
FAULTS = {
    "fsync: EIO": Fault.SYNC_FAILS,
    "write: EIO": Fault.WRITE_FAILS,
    "write: half of it, then ENOSPC": Fault.WRITE_IS_SHORT,
    "read: EIO": Fault.READ_FAILS,
    "write forgotten, fsync: EIO, then kill -9": Fault.WRITE_IS_DROPPED,
}


def drill(table: Table, what: str, fault: Fault, seconds: float) -> None:
    """Let it fail, go on, and compare."""
    with tempfile.TemporaryDirectory(prefix="drill-") as name:
        folder = Path(name)
        shim = Shim(folder)
        url = f"sqlite:///{folder}/bounced.db"
        daemon = Daemon(folder, also=common.UNLIMITED | shim.environ, url=url)
        with daemon, load([daemon.port]) as senders:
            senders.wait_for(50)
            shim.set(fault)
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                time.sleep(0.2)
                if fault is Fault.READ_FAILS:
                    touch(folder / "bounced.db")
            answered, begun = len(senders.answered), time.monotonic()
            if fault is Fault.WRITE_IS_DROPPED:
                daemon.kill()
            shim.set(Fault.NONE)
            if fault is Fault.WRITE_IS_DROPPED:
                daemon.start()
            assert daemon.process
            wait_until(lambda: len(senders.answered) > answered, 60)
            healed = time.monotonic() - begun
            alive = daemon.process.poll() is None
            time.sleep(0.5)
        found = compare(senders.answered, url)
    refused = {one[:3] for one in senders.deferred}
    table.row(
        what,
        *(found.acknowledged, len(senders.deferred), codes(senders), f"{healed:.2f} s"),
        *(found.lost, found.doubled, found.damaged),
        passed=not found.fault
        and alive
        and healed < SECONDS_TO_HEAL
        and refused <= {"451", "452"}
        and bool(refused),
    )


def touch(path: Path) -> None:
    """Write something, as another program: so the daemon must read again what it remembers."""
    with contextlib.closing(sqlite3.connect(path, timeout=5)) as database:
        database.execute(f"PRAGMA user_version = {time.time_ns() % 10**9}")


def main() -> None:
    """Let each fail in turn."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("seconds", nargs="?", type=float, default=5)
    options = parser.parse_args()
    table = Table("answered", "refused", "   codes", "  healed", "lost", "doubled", "damaged")
    for what, fault in FAULTS.items():
        drill(table, what, fault, options.seconds)
    table.end()


if __name__ == "__main__":
    main()
