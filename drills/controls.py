"""The daemon with one thing done wrong on purpose: with it a drill must find losses.

python drills/controls.py hasty serve       answers 250, and commits a moment later
python drills/controls.py unsynced serve    never waits for the disk (PRAGMA synchronous=OFF)
"""

from __future__ import annotations

import sys
import threading
from concurrent.futures import Future

from bounced import cli
from bounced.store import Incoming, Recorded, Writer, sqlite

LATER = 0.1


def hasty() -> None:
    """Take the receipt for a mail before its commit."""
    submit = Writer.submit

    def at_once(writer: Writer, incoming: Incoming) -> Future[Recorded]:
        threading.Timer(LATER, submit, (writer, incoming)).start()
        done: Future[Recorded] = Future()
        done.set_result(Recorded(message_id=0, duplicate=False, outcomes=(), claim=None))
        return done

    Writer.submit = at_once


def unsynced() -> None:
    """Leave it to the system when to write."""
    sqlite._PRAGMAS = tuple(one.replace("=FULL", "=OFF") for one in sqlite._PRAGMAS)


if __name__ == "__main__":
    {"hasty": hasty, "unsynced": unsynced}[sys.argv.pop(1)]()
    cli.main()
