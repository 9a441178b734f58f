"""kill -9 at random moments under load: nothing that was answered 250 is missing.

    python drills/kill.py [ROUNDS] [--postgresql]

Eight senders; the daemon is killed, started again on the same data, and compared each time.  What
was stored and not answered yet is sent again, must be recognised, and must not count twice.
The control answers 250 a moment before it commits: the same drill must find losses there.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import tempfile
import time
from pathlib import Path

import common
from common import Daemon, Table, compare, load, wait_until
from senders import stored

WRONG = (str(common.HERE / "controls.py"), "hasty")


def drill(
    daemon: Daemon, url: str, rounds: int, *, control: bool
) -> tuple[int, int, int, set[int]]:
    """Kill it so often; return how often, what was lost and what nobody was told of, and all."""
    lost: set[int] = set()
    kills = unanswered = 0
    with load([daemon.port]) as senders:
        for kills in range(1, rounds + 1):  # noqa: B007 -- returned
            before = len(senders.answered)
            wait_until(lambda: len(senders.answered) > before, 60)  # noqa: B023 -- at once
            time.sleep(random.uniform(0, 0.5))
            daemon.kill()
            told = set(senders.answered)
            there = set(stored(url))
            lost |= told - there
            unanswered += len(there - told)
            daemon.start()
            if lost and control:
                break
    return kills, len(lost), unanswered, senders.answered


def main() -> None:
    """Hold the drill, then its control."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("rounds", nargs="?", type=int, default=50)
    parser.add_argument("--postgresql", action="store_true")
    options = parser.parse_args()
    table = Table("kills", "answered", "stored, not answered", "lost", "doubled", "damaged")
    kind = "PostgreSQL" if options.postgresql else "SQLite"
    for control in (False, True):
        with contextlib.ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="drill-")))
            url = f"sqlite:///{folder}/bounced.db"
            if options.postgresql:
                url = stack.enter_context(common.postgresql())[1]
            program = WRONG if control else ("-m", "bounced")
            daemon = Daemon(folder, also=common.UNLIMITED, url=url, program=program)
            stack.enter_context(daemon)
            kills, lost, unanswered, answered = drill(daemon, url, options.rounds, control=control)
            found = compare(answered, url)
        what = f"kill -9, {kind}"
        table.row(
            f"control: {what}, 250 before the commit" if control else what,
            *(kills, found.acknowledged, unanswered),
            *(lost or found.lost, found.doubled, found.damaged),
            passed=bool(lost) if control else not (lost or found.fault),
        )
    table.end()


if __name__ == "__main__":
    main()
