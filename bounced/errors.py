"""The exceptions, and which of them mean "ask the sender to retry".

Every one of them is a condition that a person can do something about; its text says what is wrong,
where, and what to do.  Anything else that escapes is a defect of the program.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, among: Iterable[str]) -> str:
    """Return ``"; did you mean X?"`` for the name most like *name*, or ``""`` where none is."""
    found = difflib.get_close_matches(name, [str(one) for one in among], n=1)
    return f"; did you mean {found[0]}?" if found else ""


class BouncedError(Exception):
    """The root.  The command line prints its text and exits with ``exit_code``."""

    exit_code = 3


class InputError(BouncedError):
    """A file that was asked for can't be read as a message."""


class ConfigError(BouncedError):
    """A setting is unknown or malformed: which file, which line, what to write instead."""

    exit_code = 2


class RuleError(BouncedError):
    """A rule file is broken: which file, which rule, why."""

    exit_code = 2


class ListenError(BouncedError):
    """A listener can't be opened: port taken, no right to it, no such socket handed over."""


class ChildError(BouncedError):
    """A process of our own did not start, or is not there for the moment."""


class ReadersAwayError(ChildError):
    """No process can read a message for the moment.  The sender is asked to retry: 451 4.3.0."""


class UnreadableError(BouncedError):
    """A message that no reader came to an end with; it is kept as unrecognised, and answered 250.

    ``name`` is that of what was raised, or says what the reader ran into.
    """

    def __init__(self, name: str, text: str = "") -> None:
        super().__init__(f"{name}: {text}" if text else name)
        self.name = name


class UnknownStreamError(BouncedError):
    """A mail stream is asked for that there is not: which are there, and which may be meant."""

    exit_code = 2


class StoreError(BouncedError):
    """The store can't be used and won't heal by itself: a newer version, corrupt, no right."""


class StoreUnavailableError(StoreError):
    """The store is away or locked for the moment.  The sender is asked to retry: 451 4.3.0."""


class StoreFullError(StoreUnavailableError):
    """The disk or the database is full.  The sender is asked to retry: 452 4.3.1."""
