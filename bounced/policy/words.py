"""The words in which the policy gives its reasons: ordinals, limits, days and spans of time."""

from __future__ import annotations

from datetime import datetime, timedelta


def limit(number: int) -> str:
    """Return ``5 block``: how many it takes."""
    return f"{number} block" + ("s" if number == 1 else "")


def nth(number: int) -> str:
    """Return ``3rd``."""
    suffixes = {1: "st", 2: "nd", 3: "rd"}
    teens = number % 100 in (11, 12, 13)
    return f"{number}{'th' if teens else suffixes.get(number % 10, 'th')}"


def day(when: datetime) -> str:
    """Return a date as ISO 8601 writes it."""
    return when.strftime("%Y-%m-%d")


def span(length: timedelta) -> str:
    """Return a length of time in the largest unit that fits it."""
    seconds = int(length.total_seconds())
    for unit, name in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= unit:
            count = seconds // unit
            return f"{count} {name}" + ("" if count == 1 else "s")
    return "0 seconds"


def imported(who: str | None, why: str | None) -> str:
    """Return the reason of a block that *who* has imported."""
    return f"imported by {who}: {why}"
