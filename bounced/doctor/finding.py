"""One thing that was looked at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

_HERE: Final = re.compile(r"[;,] `bounced doctor` [a-z ]+(?= \(|$)")  # who says it is the doctor


class Grade(StrEnum):
    """How it is: well; such that it may go wrong; or such that it does not work or loses mail."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was looked at, how it is, what was found, and what to do; nothing where all is well."""

    check: str
    grade: Grade
    found: str
    advice: str = ""


def ok(check: str, found: str) -> Finding:
    """All is well."""
    return Finding(check, Grade.OK, found)


def warn(check: str, found: str, advice: str) -> Finding:
    """It may go wrong."""
    return Finding(check, Grade.WARN, found, advice)


def bad(check: str, found: str, advice: str) -> Finding:
    """It does not work, or loses mail."""
    return Finding(check, Grade.BAD, found, advice)


def blame(check: str, error: Exception, cut: str = "; ") -> Finding:
    """Tell an error, whose text says what is wrong, and after the first *cut* what to do."""
    found, *more = re.split(cut, _HERE.sub("", str(error)), maxsplit=1)
    return bad(check, found, "".join(more))
