"""A suppression list of a million addresses: import it, again, and export it; time and memory.

    python benchmarks/lists.py [ADDRESSES]

The list is in no order, each entry with a date and the reply that it is for, so that every one is
classified.  Beside it, in the same run: the bare ``sqlite3`` module writes the rows that the import
has made into a database of the same schema, in batches of the same size.  So the ratio says what
reading, classifying, deciding and putting in order cost on top of SQLite.
"""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

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


def run(folder: Path, *arguments: str) -> tuple[float, float, float]:
    """Run a command; return its seconds, those of the processor, and its peak memory in MiB."""
    environ = {**os.environ, "STATE_DIRECTORY": str(folder)}
    command = [sys.executable, "-m", "bounced", *arguments]
    start = time.perf_counter()
    process = subprocess.Popen(command, env=environ, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = status
    if status:
        msg = f"{' '.join(arguments)} failed"
        raise RuntimeError(msg)
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def show(folder: Path, name: str, *arguments: str) -> float:
    """Run a command, print a line of the table, and return the processor's seconds."""
    seconds, work, memory = run(folder, *arguments)
    print(f"{name:28}{seconds:8.1f} s{work:8.1f} s{memory:8.0f} MiB", flush=True)
    return work


def bare(source: Path, target: Path) -> tuple[float, float]:
    """Write the same rows into an empty database; return the seconds that writing takes."""
    made = sqlite3.connect(source)
    new = sqlite3.connect(target, isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
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
    print(f"{f'{count:,} addresses':28}   elapsed  processor     peak")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_list(folder / "list.csv", count)
        first = show(folder, "import", "import", "list.csv")
        show(folder, "import again", "import", "list.csv")
        show(folder, "export", "export", "--output", "out.csv")
        seconds, work = bare(folder / "bounced.db", folder / "bare.db")
        print(f"{'bare sqlite3, the same rows':28}{seconds:8.1f} s{work:8.1f} s")
        print(f"the import takes {first / work:.2f} times the processor's time of that")


if __name__ == "__main__":
    main()
