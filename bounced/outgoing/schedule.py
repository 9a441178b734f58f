"""When to try again what did not arrive.  Pure: the lot that is drawn is an argument."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

# The schedule that the specification of Standard Webhooks gives as its example.
WAITS: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
_JITTER: Final = 0.2
_LONGEST: Final = timedelta(days=1)


def wait(attempts: int, asked: timedelta | None, lot: float) -> timedelta | None:
    """Return how long to wait after so many failed *attempts*; ``None`` to give up.

    *asked* is how long the other side wants to be left alone (at most a day); *lot*, from 0 to 1,
    makes it up to a fifth longer, so that what failed together is not tried again together.
    """
    if attempts > len(WAITS):
        return None
    usual = WAITS[max(0, attempts - 1)]
    return max(usual, min(asked or timedelta(0), _LONGEST)) * (1 + _JITTER * lot)


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Read a Retry-After field: seconds, or a date.  RFC 9110 §10.2.3."""
    if value is None:
        return None
    if re.fullmatch(r"\s{0,9}[0-9]{1,9}\s{0,9}", value):
        return timedelta(seconds=int(value))
    try:
        when = parsedate_to_datetime(value[:100])
    except (ValueError, TypeError, OverflowError):
        return None
    return max(when.replace(tzinfo=when.tzinfo or UTC) - now, timedelta(0))
