"""A suppression list of a million addresses: import it, again, and export it; time and memory.

    python benchmarks/lists.py [ADDRESSES]

The list is in no order, each entry with a date and the reply that it is for, so that every one is
classified.  That is done by a second process, whose processor time stands in a column of its own:
with two processors to itself an import takes as long as the first one works and waits for the disk.
The peak is the memory of both together.

Beside it, in the same run: the bare ``sqlite3`` module writes the rows that the import has made
into a database of the same schema, in the same order and in batches of the same size.  So the ratio
says what deciding costs on top of SQLite.
"""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

BATCH = 2_000
TABLES = ("events", "audit", "recipients")
REPLIES = (
    "550 5.1.1 <{}>: Recipient address rejected: User unknown in local recipient table",
    "550 5.1.1 The email account that you tried to reach does not exist",
    "550 No such user {}",
)


def write_list(path: Path, count: int) -> None:
    """Write a list as a provider exports it."""
    lots = random.Random(1)
    with path.open("w", encoding="utf-8") as file:
        file.write("email,created,status,reason\n")
        for _ in range(count):
            domain = lots.choice(
                ["big.example", "large.example", f"d{lots.randrange(5_000)}.example"]
            )
            address = f"u{lots.randrange(10**12)}@{domain}"
            when = 1_600_000_000 + lots.randrange(10**8)
            file.write(f"{address},{when},5.1.1,{lots.choice(REPLIES).format(address)}\n")


class Cost(NamedTuple):
    """Seconds; those of the processor, here and in the process that reads; the peak in MiB."""

    elapsed: float
    own: float
    reader: float
    memory: float


def run(folder: Path, *arguments: str) -> Cost:
    """Run a command and look at it while it runs."""
    environ = {**os.environ, "STATE_DIRECTORY": str(folder)}
    command = [sys.executable, "-m", "bounced", *arguments]
    start = time.perf_counter()
    process = subprocess.Popen(command, env=environ, cwd=folder, stdout=subprocess.DEVNULL)
    memory = reader = 0.0
    while not (ended := os.wait4(process.pid, os.WNOHANG))[0]:
        with contextlib.suppress(OSError):  # one has just ended
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            reader = max(reader, sum(map(processor, children)))
            memory = max(memory, sum(map(proportional, [str(process.pid), *children])))
        time.sleep(0.1)
    seconds = time.perf_counter() - start
    _, process.returncode, usage = ended
    if process.returncode:
        msg = f"{' '.join(arguments)} failed"
        raise RuntimeError(msg)
    return Cost(seconds, usage.ru_utime + usage.ru_stime - reader, reader, memory)


def processor(process: str) -> float:
    """Return the processor's seconds of a process so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def proportional(process: str) -> float:
    """Return the memory of a process in MiB, its share of what it shares with others."""
    lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:"))


def show(folder: Path, name: str, *arguments: str) -> float:
    """Run a command, print a line of the table, and return the first process' own seconds."""
    cost = run(folder, *arguments)
    times = f"{cost.elapsed:8.1f} s{cost.own:8.1f} s{cost.reader:8.1f} s"
    print(f"{name:28}{times}{cost.memory:8.0f} MiB", flush=True)
    return cost.own


def bare(source: Path, target: Path) -> tuple[float, float]:
    """Write the same rows into an empty database; return the seconds that writing takes."""
    made = sqlite3.connect(source)
    new = sqlite3.connect(target, isolation_level=None)
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "wal_autocheckpoint=8192",
    ):
        new.execute(f"PRAGMA {pragma}")
    schema = "SELECT sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql NOT NULL"
    for (statement,) in made.execute(schema):
        new.execute(statement)
    rows = {name: made.execute(f"SELECT * FROM {name} ORDER BY rowid") for name in TABLES}
    marks = {name: ", ".join("?" * len(found.description)) for name, found in rows.items()}
    seconds = work = 0.0
    while batches := {name: some for name in TABLES if (some := rows[name].fetchmany(BATCH))}:
        start, begun = time.perf_counter(), time.process_time()
        new.execute("BEGIN IMMEDIATE")
        for name, some in batches.items():
            new.executemany(f"INSERT INTO {name} VALUES ({marks[name]})", some)
        new.execute("COMMIT")
        seconds += time.perf_counter() - start
        work += time.process_time() - begun
    return seconds, work


def main() -> None:
    """Print the table."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    print(f"load: {os.getloadavg()[0]:.1f}")
    print(f"{f'{count:,} addresses':28}   elapsed processor    reader         peak")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_list(folder / "list.csv", count)
        first = show(folder, "import", "import", "list.csv")
        show(folder, "import again", "import", "list.csv")
        show(folder, "export", "export", "--output", "out.csv")
        seconds, work = bare(folder / "bounced.db", folder / "bare.db")
        print(f"{'bare sqlite3, the same rows':28}{seconds:8.1f} s{work:8.1f} s")
        print(f"the import takes {first / work:.2f} times the processor's time of that")
    print(f"load: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
