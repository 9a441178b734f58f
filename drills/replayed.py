"""One report again and again, and many out of order: one event each, and the same state.

    python drills/replayed.py [TIMES]

The same report is sent so often over many connections, each time with the trace fields of another
way.  Then two daemons get the same reports: one in order, the other shuffled, and some twice.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from pathlib import Path

from common import Daemon, Senders, Table, compare, report
from senders import effects

SEVERAL = 300


def again(table: Table, times: int) -> None:
    """Send one report so often."""
    with tempfile.TemporaryDirectory(prefix="drill-") as folder:
        url = f"sqlite:///{folder}/bounced.db"
        with Daemon(Path(folder), url=url) as daemon:
            senders = Senders([daemon.port], times, lambda number: trace(number) + report(7))
            senders.patience = 3600
            senders.run()
            events = effects(daemon, "full@host7.test")
            [state] = daemon.rows("check", "full@host7.test")
        found = compare({7}, url)
    table.row(
        f"one report {times} times",
        *(len(senders.answered), len(events), state["soft_count"]),
        *(found.lost, found.doubled, found.damaged),
        passed=len(senders.answered) == times
        and events == ["counted"]
        and state["soft_count"] == 1
        and not found.fault,
    )


def trace(number: int) -> str:
    """Return what a server on the way has added, another each time."""
    return f"Received: from mail.example.com by mx{number % 9}.example.com id {number}\r\n"


def out_of_order(table: Table) -> None:
    """Send the same reports to two daemons."""
    numbers = list(range(SEVERAL))
    shuffled = random.Random(1).sample(numbers + numbers[: SEVERAL // 3], SEVERAL * 4 // 3)
    states = []
    for order in (numbers, shuffled):
        with tempfile.TemporaryDirectory(prefix="drill-") as folder:
            url = f"sqlite:///{folder}/bounced.db"
            with Daemon(Path(folder), url=url) as daemon:
                senders = Senders(
                    [daemon.port],
                    len(order),
                    lambda number, order=order: report(order[number]),
                )
                senders.run()
                kept = ("address", "blocked", "cause", "soft_count")
                states.append([{key: row[key] for key in kept} for row in daemon.rows("list")])
                answered = len(senders.answered)
    table.row(
        f"{SEVERAL} reports in order, and shuffled",
        *(answered, SEVERAL, "-", 0, 0, 0),
        passed=states[0] == states[1] and bool(states[0]),
    )


def main() -> None:
    """Hold both."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("times", nargs="?", type=int, default=10_000)
    times = parser.parse_args().times
    table = Table("answered", "events", "count", "lost", "doubled", "damaged")
    again(table, times)
    out_of_order(table)
    table.end()


if __name__ == "__main__":
    main()
