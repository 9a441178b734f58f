"""Reading where it can be killed: messages are read in processes of their own, within a budget.

:class:`Readers` belongs to the daemon.  It has a few worker processes, each with a message at a
time, a limit of wall-clock time for each message and a limit of memory.  One that runs over, or
crashes, takes nothing with it but itself: its message is tried once more alone, in a new process,
and if that ends as well, kept as what it is, unread.

The workers are forked by a process with one thread that has all rules loaded (``__main__.py``), so
that a new one is there in milliseconds.
"""

from __future__ import annotations

from bounced.reading.readers import Readers
from bounced.reading.task import Task

__all__ = ["Readers", "Task"]
