"""What grows with what: messages a second of one and two daemons, and octets a bounce keeps.

    python benchmarks/scaling.py [MESSAGES] [SENDERS]

Sends the fixtures of benchmarks/daemon.py to one daemon on SQLite, one on PostgreSQL, and two on
one PostgreSQL, in the same run, and prints the rates as ratios to the first.  Then it reads from
each database how many rows and octets its tables and indexes have, for each message.
Needs Debian's PostgreSQL; the server is the one of the tests, but it syncs each commit.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parent.parent / "tests")]

import daemon as one_daemon  # noqa: E402 -- found by the path above
import postgresql_server  # noqa: E402
from sqlalchemy import create_engine, text  # noqa: E402

_SIZES = {
    "sqlite": (
        "SELECT s.name, t.type = 'index', sum(s.pgsize) FROM dbstat s "
        "JOIN sqlite_master t ON t.name = s.name GROUP BY s.name"
    ),
    # A table with what is too large for its rows (TOAST), without its indexes.
    "postgresql": (
        "SELECT relname, relkind = 'i', CASE relkind WHEN 'r' THEN pg_table_size(oid) "
        "ELSE pg_relation_size(oid) END FROM pg_class "
        "WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'i')"
    ),
}


@contextmanager
def daemons(number: int, url: str) -> Iterator[list[int]]:
    """Run daemons on one database; yield their ports."""
    running: list[subprocess.Popen[bytes]] = []
    ports: list[int] = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            for _ in range(number):
                ports.append(one_daemon.free_port())
                listen = f'[{{ protocol = "smtp", address = "127.0.0.1:{ports[-1]}" }}]'
                environ = {**os.environ, "BOUNCED_STORE_URL": url, "BOUNCED_LISTEN": listen}
                environ["BOUNCED_LOG_LEVEL"] = "error"
                command = [sys.executable, "-m", "bounced", "serve"]
                running.append(
                    subprocess.Popen(command, env=environ, cwd=folder, stdout=subprocess.DEVNULL)
                )
            for port in ports:
                one_daemon.wait_for(port)
            yield ports
        finally:
            for one in running:
                one.send_signal(signal.SIGTERM)
            for one in running:
                one.wait(60)


def rate(ports: Sequence[int], total: int, senders: int) -> float:
    """Return messages a second over all daemons, each with its share of the senders."""
    share = len(ports)
    queue: multiprocessing.Queue[float] = multiprocessing.Queue()

    def work(number: int, port: int) -> None:
        first = number * total // share
        queue.put(one_daemon.rate(port, total // share, senders // share, first))

    workers = [
        multiprocessing.Process(target=work, args=(number, port))
        for number, port in enumerate(ports)
    ]
    for one in workers:
        one.start()
    rates = [queue.get() for _ in workers]
    for one in workers:
        one.join()
    return min(rates) * share


def sizes(url: str) -> dict[str, tuple[int, int, int]]:
    """Return for each table its rows, its octets, and those of its indexes."""
    engine = create_engine(url)
    found: dict[str, tuple[int, int, int]] = {}
    with engine.connect() as connection:
        parts = connection.execute(text(_SIZES[engine.dialect.name])).all()
        tables = [name for name, index, _ in parts if not index and not name.startswith("sqlite_")]
        for table in sorted(tables):
            rows = connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            own = sum(size for name, _, size in parts if name == table)
            marks = (f"pk_{table}", f"ix_{table}_", f"uq_{table}_", f"sqlite_autoindex_{table}_")
            indexes = sum(size for name, index, size in parts if index and name.startswith(marks))
            found[table] = rows, own, indexes
    engine.dispose()
    return found


def show(title: str, url: str, messages: int) -> None:
    """Print what a database keeps of each message."""
    print(f"\n{title}: for each message")
    print(f"{'table':24}{'rows':>8}{'octets':>10}{'indexes':>10}")
    found = sizes(url)
    for table, (rows, own, indexes) in found.items():
        if rows and table != "alembic_version":
            counts = f"{rows / messages:8.2f}{own / messages:10,.0f}{indexes / messages:10,.0f}"
            print(f"{table:24}{counts}")
    whole = sum(own + indexes for _, own, indexes in found.values())
    raw = found["raw_messages"][1]
    print(f"{'all':24}{'':8}{whole / messages:10,.0f}")
    print(f"{'without raw messages':24}{'':8}{(whole - raw) / messages:10,.0f}")


def main() -> None:
    """Print the tables."""
    total = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    senders = int(sys.argv[2]) if len(sys.argv) > 2 else 20  # noqa: PLR2004
    postgresql_server.SETTINGS |= {"fsync": "on", "full_page_writes": "on", "autovacuum": "on"}
    with tempfile.TemporaryDirectory() as folder, postgresql_server.Postgresql() as server:
        contenders = [
            ("one daemon, SQLite", 1, f"sqlite:///{folder}/bounced.sqlite"),
            ("one daemon, PostgreSQL", 1, server.url(server.create())),
            ("two daemons, one PostgreSQL", 2, server.url(server.create())),
        ]
        print(f"{total} messages from {senders} senders")
        base = 0.0
        for title, number, url in contenders:
            with daemons(number, url) as ports:
                found = rate(ports, total, senders)
            base = base or found
            print(f"{title:36}{found:10,.0f} messages/s{found / base:8.2f} of the first")
        for title, _, url in contenders[:2]:
            show(title, url, total)


if __name__ == "__main__":
    main()
