"""The database is away under load: 451 each, nothing kept in memory, and it goes on by itself.

    python drills/database_away.py [SECONDS]

SQLite: another process holds the lock, for half of the seconds, but at least seven.  PostgreSQL
(where it is installed): the server is stopped as by a crash, and is started again after them.
"""

from __future__ import annotations

import argparse
import contextlib
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import common
from common import Daemon, Table, Watch, codes, compare, load, wait_until
from postgresql_server import BINARIES

SECONDS_TO_HEAL = 5
LOCKED = 7  # seconds; for five the daemon waits, and answers 250 after all
MEMORY = 64 * 2**20  # that it may grow by


def drill(
    table: Table,
    what: str,
    url: str,
    seconds: float,
    away: Callable[[], contextlib.AbstractContextManager[None]],
) -> None:
    """Take it away, wait, give it back, and compare."""
    with tempfile.TemporaryDirectory(prefix="drill-") as folder:
        daemon = Daemon(Path(folder), also=common.UNLIMITED, url=url)
        with daemon, load([daemon.port], senders=32) as senders:
            senders.wait_for(200)
            assert daemon.process
            with Watch(daemon.process.pid) as watch:
                with away():
                    time.sleep(0.5)  # what was answered before may still be on its way
                    answered = len(senders.answered)
                    time.sleep(seconds)
                    meanwhile = len(senders.answered) - answered
                healed = wait_until(lambda: len(senders.answered) > answered, 60)
            alive = daemon.process.poll() is None
            senders.wait_for(answered + 100)
        found = compare(senders.answered, url)
    table.row(
        what,
        *(found.acknowledged, len(senders.deferred), codes(senders), meanwhile),
        *(f"{healed:.2f} s", watch.told, found.lost, found.doubled, found.damaged),
        passed=not found.fault
        and alive
        and not meanwhile
        and codes(senders) == "451"
        and healed < SECONDS_TO_HEAL
        and watch.most - watch.least < MEMORY,
    )


def main() -> None:
    """Hold it on both."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("seconds", nargs="?", type=float, default=60)
    seconds = parser.parse_args().seconds
    table = Table(
        *("answered", "refused", "   codes", "meanwhile", "  healed"),
        *("         memory", "lost", "doubled", "damaged"),
    )
    with tempfile.TemporaryDirectory(prefix="drill-") as folder:
        path = Path(folder, "bounced.db")

        @contextlib.contextmanager
        def locked() -> Iterator[None]:
            with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as stranger:
                stranger.execute("PRAGMA busy_timeout = 10000")
                stranger.execute("BEGIN EXCLUSIVE")
                yield

        half = max(seconds / 2, LOCKED)
        drill(table, f"SQLite locked for {half:.0f} s", f"sqlite:///{path}", half, locked)
    if BINARIES is None:
        print("PostgreSQL is not installed: apt-get install postgresql")
        table.end()
    with common.postgresql() as (server, url):

        @contextlib.contextmanager
        def stopped() -> Iterator[None]:
            server.stop("immediate")
            try:
                yield
            finally:
                server.start()

        drill(table, f"PostgreSQL away for {seconds:.0f} s", url, seconds, stopped)
    table.end()


if __name__ == "__main__":
    main()
