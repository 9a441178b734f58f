"""The process that reads a list: its job on standard input, the list in an open file.

    python -m bounced.listreader FILE_DESCRIPTOR

Entries go to standard output, in order.  It ends with whoever started it.
"""

from __future__ import annotations

import gc
import os
import pickle
import sys
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from bounced import lists
from bounced.config import rulebook
from bounced.errors import InputError, RuleError
from bounced.listreader import frames
from bounced.listreader.frames import Kind
from bounced.listreader.job import Job, Seen, lines
from bounced.lists import Bad


class _Counted:
    """Passes lines on, and counts their characters."""

    def __init__(self, source: Iterable[str]) -> None:
        self.size = 0
        self._source = source

    def __iter__(self) -> Iterator[str]:
        for line in self._source:
            self.size += len(line)
            yield line


def read(descriptor: int, job: Job, out: BinaryIO) -> None:
    """Read the whole list, and write its entries and what there is to say of it."""
    seen = Seen()

    def bad(entry: Bad) -> None:
        frames.put(out, Kind.BAD, *entry)

    how = lists.Reading(rules=rulebook.load(job.rules), now=job.now, cause=job.cause)
    with open(descriptor, "rb") as file:
        counted = _Counted(lines(file))
        wanted = seen.wanted(lists.read(counted, how, job.form), bad)
        for batch in lists.batches(wanted):
            frames.put(out, Kind.BATCH, counted.size, list(map(frames.packed, batch)))
            counted.size = 0
    frames.put(out, Kind.END, seen.entries, seen.bad, dict(seen.skipped))


def answer(descriptor: int, job: Job, out: BinaryIO) -> None:
    """Read, and say so where that fails."""
    try:
        read(descriptor, job, out)
    except BrokenPipeError:
        raise
    except InputError as error:
        frames.put(out, Kind.NO_LIST, str(error))
    except RuleError as error:
        frames.put(out, Kind.WRONG_RULES, str(error))
    except OSError as error:
        frames.put(out, Kind.UNREADABLE, error.strerror or str(error))
    except Exception as error:  # noqa: BLE001 -- whoever started us tells of it
        frames.put(out, Kind.DEFECT, repr(error))


def main() -> None:
    """Do the job."""
    job = pickle.loads(sys.stdin.buffer.read())  # noqa: S301 -- whoever started us wrote it
    gc.freeze()  # the modules stay: going through them for garbage again and again takes long
    try:
        answer(int(sys.argv[1]), job, sys.stdout.buffer)
    except BrokenPipeError:  # nobody waits for it any more
        os._exit(0)


if __name__ == "__main__":
    main()
