"""The dates of suppression lists: ISO 8601, RFC 5322, Unix seconds or milliseconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

EXAMPLES: Final = "2026-01-31, 2026-01-31T10:00:00Z, or seconds since 1970"
_NUMBER: Final = re.compile(r"-?\d{1,16}(?:\.\d{1,9})?")
_MILLIS: Final = 10**11  # as seconds that would be the year 5138
_DAY: Final = re.compile(r"(?:19|20)\d{6}")
_FIRST: Final = 1980
_SECONDS: Final = 10  # digits of a time since 1970, from 2001 to 2286
_NONE: Final = frozenset({"", "0", "null", "none", "-", "0000-00-00", "0000-00-00 00:00:00"})
_ZONE: Final = re.compile(r" ?(?:[+-]0000 )?(?:UTC|GMT|Z)$")
_OFFSET: Final = re.compile(r" ([+-]\d\d:?\d\d)$")
_SOON: Final = timedelta(days=1)  # their clock, or a zone that was left away


def when(text: str, now: datetime) -> datetime | None:
    """Return the moment in *text*, ``None`` where it is empty; without a zone it is taken for UTC.

    At most *now*.  Raises ValueError for what is no date, could be two (``01/02/2026``), or has not
    come yet.
    """
    moment = moment_of(text)
    if moment is None:
        return None
    if moment > now + _SOON:
        msg = f"the date {text!r} has not come yet"
        raise ValueError(msg)
    return min(moment, now)


def moment_of(text: str) -> datetime | None:
    """Return the moment in *text*, whenever that is; ValueError for what is no date."""
    text = text.strip()
    if len(text) == _SECONDS and text.isdecimal() and text.isascii():
        return datetime.fromtimestamp(int(text), UTC)
    if text.lower() in _NONE:
        return None
    try:
        return _moment(text)
    except (ValueError, OverflowError, OSError, IndexError, TypeError):
        msg = f"{text[:60]!r} is no date; write {EXAMPLES}"
        raise ValueError(msg) from None


def _moment(text: str) -> datetime:
    if text[4:5] == "-":
        return _iso(text)
    if _NUMBER.fullmatch(text) and not _DAY.fullmatch(text):
        seconds = float(text)
        return _known(datetime.fromtimestamp(seconds / (1000 if seconds > _MILLIS else 1), UTC))
    if text[:4].isdecimal():
        return _iso(text.replace("/", "-"))
    return _known(parsedate_to_datetime(text))


def _iso(text: str) -> datetime:
    try:
        return _known(datetime.fromisoformat(text))
    except ValueError:  # with the zone in other ways: 2026-01-31 10:00:00 +0000 UTC
        return _known(datetime.fromisoformat(_OFFSET.sub(r"\1", _ZONE.sub("+00:00", text))))


def _known(moment: datetime) -> datetime:
    """Return *moment* in UTC; mail is younger than 1980, and a zero is no date."""
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    if moment.year < _FIRST:
        raise ValueError
    return moment
