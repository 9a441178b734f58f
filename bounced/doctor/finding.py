"""One thing that was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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
