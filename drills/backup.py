"""A backup under load, then another machine: what was in it is there, and everything goes on.

    python drills/backup.py [BACKUPS]

Backups are made while mail comes in.  The daemon is killed, its database is thrown away, the last
backup is restored and the daemon started.  Each backup must hold what was answered 250 before it
began; the senders then bring everything again, which must be recognised where it is known.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import common
from common import Daemon, Senders, Table, compare, load, report, stored_in


def drill(table: Table, backups: int) -> None:
    """Make so many, and go on from the last."""
    with tempfile.TemporaryDirectory(prefix="drill-") as name:
        folder = Path(name)
        path = folder / "bounced.db"
        url = f"sqlite:///{path}"
        missing, failed = 0, 0
        with Daemon(folder, also=common.UNLIMITED, url=url) as daemon:
            with load([daemon.port]) as senders:
                for number in range(1, backups + 1):
                    senders.wait_for(100 * number)
                    before = set(senders.answered)
                    copy = folder / f"backup-{number}.db"
                    failed += bool(daemon.run("backup", str(copy)).returncode)
                    missing += len(before - stored_in(copy))
            in_use = daemon.run("restore", str(copy))
            daemon.kill()
            for one in folder.glob("bounced.db*"):
                one.unlink()
            restored = daemon.run("restore", str(copy))
            there = compare(before, url)
            daemon.start()
            again = Senders([daemon.port], senders.begun, report)
            again.run()
        found = compare(senders.answered | again.answered, url)
    table.row(
        f"{backups} backups under load, restore, go on",
        *(len(before), there.stored, missing + there.lost, found.acknowledged),
        *(found.lost, found.doubled, found.damaged),
        passed=not (failed or missing or there.fault or found.fault)
        and in_use.returncode == 3
        and "in use" in in_use.stderr
        and restored.returncode == 0,
    )


def main() -> None:
    """Hold it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("backups", nargs="?", type=int, default=10)
    table = Table(
        *("answered before", "in the backup", "missing in it", "answered"),
        *("lost", "doubled", "damaged"),
    )
    drill(table, parser.parse_args().backups)
    table.end()


if __name__ == "__main__":
    main()
