"""The disk is full, or its inodes are gone: 452 or 451, nothing lost, and it goes on by itself.

    python drills/full_disk.py [SECONDS]

As root.  The database lies on a filesystem of 64 MB in memory, which is filled under load, stays
full for so long, and is freed again:

- by somebody else, down to the reserve that ``store.free_space`` keeps,
- by somebody else, down to the last octet, with a reserve of nothing,
- by our own messages, down to the reserve: what has expired must make room for others,
- with empty files, until no inode is left: what runs goes on, and what starts says why it can't.
"""

from __future__ import annotations

import argparse
import errno
import os
import tempfile
import time
from pathlib import Path

import common
from common import Daemon, Senders, Table, codes, compare, load, report, wait_until

RESERVE = 8 * 2**20
DISK = "size=64m"
SECONDS_TO_HEAL = 10


def fill(folder: Path, leave: int = 0) -> Path:
    """Fill a disk, but for *leave* octets."""
    filler = folder / "filler"
    with filler.open("ab", buffering=0) as file:
        while True:
            found = os.statvfs(folder)
            free = found.f_bavail * found.f_frsize - leave
            if free <= 0:
                break
            try:
                file.write(b"\0" * min(free, 2**20))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                break
    return filler


def by_somebody_else(table: Table, seconds: float, reserve: int) -> None:
    """Fill it by hand, wait, free it."""
    with common.small_disk(DISK) as disk, tempfile.TemporaryDirectory(prefix="drill-") as logs:
        url = f"sqlite:///{disk}/bounced.db"
        also = common.UNLIMITED | {"BOUNCED_STORE_FREE_SPACE": str(reserve)}
        with Daemon(Path(logs), also=also, url=url) as daemon, load([daemon.port]) as senders:
            senders.wait_for(50)
            filler = fill(disk, leave=reserve // 2)
            wait_until(lambda: len(senders.deferred) > 8, 60)
            if not reserve:
                fill(disk)  # what the failed commits have given back
            answered = len(senders.answered)
            time.sleep(seconds)
            meanwhile = len(senders.answered) - answered
            doctor = daemon.run("doctor")
            filler.unlink()
            again = len(senders.answered)
            healed = wait_until(lambda: len(senders.answered) > again, 60)
            assert daemon.process
            alive = daemon.process.poll() is None
        found = compare(senders.answered, url)
    told = "disk" in doctor.stdout and doctor.returncode == 1
    table.row(
        f"disk full, reserve of {reserve >> 20} MiB",
        *(found.acknowledged, len(senders.deferred), codes(senders), meanwhile),
        *(f"{healed:.2f} s", found.lost, found.doubled, found.damaged),
        passed=not found.fault
        and alive
        and told
        and healed < SECONDS_TO_HEAL
        and set(codes(senders).split(", ")) <= {"451", "452"},
    )


def by_ourselves(table: Table) -> None:
    """Fill it with messages until no more are taken, and let those expire."""
    with common.small_disk(DISK) as disk, tempfile.TemporaryDirectory(prefix="drill-") as logs:
        url = f"sqlite:///{disk}/bounced.db"
        also = common.UNLIMITED | {
            "BOUNCED_STORE_FREE_SPACE": str(RESERVE),
            "BOUNCED_STORE_RAW_RETENTION": "1s",
        }
        with (
            Daemon(Path(logs), also=also, url=url) as daemon,
            load([daemon.port], lambda number: report(number, 300_000)) as senders,
        ):
            wait_until(lambda: len(senders.deferred) > 8, 60)
            time.sleep(1)  # and all have expired
            full = len(senders.answered)
            daemon.stop()
            daemon.start()  # deletes them now and not within the hour
            healed = wait_until(lambda: len(senders.answered) > full, 60)
            senders.wait_for(full + 20)
        found = compare(senders.answered, url, raw=False)
    table.row(
        "disk full of our own, which then expires",
        *(found.acknowledged, len(senders.deferred), codes(senders), 0),
        *(f"{healed:.2f} s", found.lost, found.doubled, found.damaged),
        passed=not found.fault and temporary(senders) and healed < SECONDS_TO_HEAL,
    )


def no_inodes(table: Table, seconds: float) -> None:
    """Take all inodes; what is open goes on, and a start fails clearly until there are some."""
    options = f"{DISK},nr_inodes=200"
    with common.small_disk(options) as disk, tempfile.TemporaryDirectory(prefix="drill-") as logs:
        url = f"sqlite:///{disk}/bounced.db"
        with Daemon(Path(logs), also=common.UNLIMITED, url=url) as daemon:
            pass  # makes the database, and leaves nothing but its file
        also = common.UNLIMITED | {"BOUNCED_STORE_FREE_SPACE": str(RESERVE)}
        daemon = Daemon(Path(logs), also=also, url=url)
        with daemon, load([daemon.port]) as senders:
            senders.wait_for(50)
            taken = take_inodes(disk)
            answered = len(senders.answered)
            time.sleep(seconds)
            meanwhile = len(senders.answered) - answered
            daemon.stop()
            taken += take_inodes(disk, len(taken))
            refused = daemon.run("serve")
            doctor = daemon.run("doctor")
            for one in taken:
                one.unlink()
            again = len(senders.answered)
            daemon.start()
            healed = wait_until(lambda: len(senders.answered) > again, 60)
        found = compare(senders.answered, url)
    clear = "bounced doctor" in refused.stderr and "inodes" in doctor.stdout
    table.row(
        "inodes gone; a start in the middle of it",
        *(found.acknowledged, len(senders.deferred), codes(senders), meanwhile),
        *(f"{healed:.2f} s", found.lost, found.doubled, found.damaged),
        passed=not found.fault and temporary(senders) and clear and healed < SECONDS_TO_HEAL,
    )


def temporary(senders: Senders) -> bool:
    """Return whether each mail that was not taken may come again."""
    return all(one.startswith("4") for one in senders.deferred)


def take_inodes(disk: Path, first: int = 0) -> list[Path]:
    """Make empty files until there is room for none."""
    taken: list[Path] = []
    while True:
        one = disk / f"empty-{first + len(taken)}"
        try:
            one.touch()
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            return taken
        taken.append(one)


def main() -> None:
    """Hold the drill in its four ways."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("seconds", nargs="?", type=float, default=10)
    options = parser.parse_args()
    common.in_own_namespace()
    table = Table(
        *("answered", "refused", "   codes", "meanwhile", "  healed", "lost", "doubled", "damaged")
    )
    by_somebody_else(table, options.seconds, RESERVE)
    by_somebody_else(table, options.seconds, 0)
    by_ourselves(table)
    no_inodes(table, options.seconds)
    table.end()


if __name__ == "__main__":
    main()
