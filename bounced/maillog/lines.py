"""One line of a log, as syslog daemons, Postfix's own postlogd and journalctl write it down."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final, NamedTuple

_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}
# RFC 3164 §4.1.2, without year and zone; or RFC 3339, whose colon in the zone journalctl omits.
_SYSLOG: Final = re.compile(
    r"(?:(?P<month>[A-Z][a-z]{2}) (?P<day>[ 0-3]\d) (?P<time>\d\d:\d\d:\d\d)"
    r"|(?P<iso>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:[.,]\d{1,9}+)?+(?:Z|[+-]\d\d:?+\d\d)))"
    r" (?P<host>\S{1,255}+) (?P<tag>postfix[^\s\[]{0,200}+)\[\d{1,10}+\]: (?P<text>[^\n]++)",
    re.ASCII,
)
_TAG: Final = re.compile(r"postfix[^\s\[]{0,200}")
_LEAP: Final = 8  # years, at most, from one 29 February to the next


class Line(NamedTuple):
    """One line of Postfix's; ``instance`` as in ``postfix-out/smtp``, whose ``daemon`` is smtp."""

    at: datetime
    host: str
    instance: str
    daemon: str
    text: str


def syslog(raw: bytes, now: datetime, zone: tzinfo | None = None) -> Line | None:
    """Read one line of a file; ``None`` for one that is not Postfix's.

    Where the year is missing it is the latest that doesn't lie ahead of *now*; where the zone is
    missing it is *zone*, or this machine's.
    """
    if b" postfix" not in raw:
        return None
    found = _SYSLOG.match(raw.decode("utf-8", "replace"))
    if not found:
        return None
    month, day, time, iso, host, tag, text = found.groups()
    at = _moment(iso) if iso else _yearless(month, int(day), time, now.date(), zone)
    return Line(at, host, *_programs(tag), text.rstrip("\r")) if at else None


def journal(raw: bytes) -> tuple[Line | None, str | None]:
    """Read one line of ``journalctl -o json``: the line, if it is Postfix's, and its cursor."""
    try:
        entry = json.loads(raw)
    except (ValueError, RecursionError):
        return None, None
    if not isinstance(entry, dict):
        return None, None
    cursor, tag, text = (entry.get(key) for key in ("__CURSOR", "SYSLOG_IDENTIFIER", "MESSAGE"))
    at, host = _microseconds(entry.get("__REALTIME_TIMESTAMP")), entry.get("_HOSTNAME")
    if isinstance(text, list):  # what is no UTF-8 comes as a list of its bytes
        text = _decoded(text)
    line = None
    if isinstance(tag, str) and _TAG.fullmatch(tag) and isinstance(text, str) and at:
        line = Line(at, host if isinstance(host, str) else "", *_programs(tag), text)
    return line, cursor if isinstance(cursor, str) else None


def _programs(tag: str) -> tuple[str, str]:
    """Return instance and daemon; ``postfix/relay/smtp`` has the name of its service in between."""
    instance, _, rest = tag.partition("/")
    return instance, rest.rpartition("/")[2]


@lru_cache(maxsize=64)  # neighbours in a log have the same time
def _yearless(month: str, day: int, time: str, today: date, zone: tzinfo | None) -> datetime | None:
    """Return the latest such moment up to tomorrow: clocks differ, and so do zones."""
    number = _MONTHS.get(month, 0)
    hour, minute, second = (int(part) for part in time.split(":"))
    for year in range(today.year + 1, max(today.year - _LEAP, 1), -1):
        try:
            at = datetime(year, number, day, hour, minute, min(second, 59), tzinfo=zone)
        except ValueError:
            continue
        if at.date() <= today + timedelta(days=1):
            return at.astimezone(UTC)
    return None


@lru_cache(maxsize=64)
def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _microseconds(value: object) -> datetime | None:
    if not isinstance(value, str) or not value.isascii() or not value.isdecimal():
        return None
    try:
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(value[:20]))
    except OverflowError:
        return None


def _decoded(numbers: list[object]) -> str | None:
    try:
        octets = bytes(one for one in numbers if isinstance(one, int))
    except ValueError:
        return None
    return octets.decode("utf-8", "replace")
