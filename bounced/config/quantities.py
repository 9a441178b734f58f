"""Sizes, durations and counts as people write them: ``"50 MiB"``, ``"90d"``, ``5``.

Each reader takes what TOML gave and returns a number or a ``timedelta``, or raises ``ValueError``
with the second half of a sentence that begins with the setting: what is wrong, what to write.
"""

from __future__ import annotations

import re
from datetime import timedelta

_SIZES = {
    "B": 1,
    "kB": 10**3,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
}
_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,6})?) ?([KkMG]i?B|B)")

_SECONDS = {
    "s": 1,
    "sec": 1,
    "second": 1,
    "min": 60,
    "minute": 60,
    "h": 3600,
    "hour": 3600,
    "d": 86400,
    "day": 86400,
    "w": 604800,
    "week": 604800,
}
_STEP = re.compile(r"(\d{1,12}) ?([a-z]{1,7}) ?")
# A century: longer than any mail is kept, short enough that adding it to a date can't overflow.
_LONGEST = timedelta(days=36525)
_ALL_RIGHTS = 0o777


def size(value: object) -> int:
    """Read a number of bytes: a whole number, or a text with B, kB, MB, GB, KiB, MiB or GiB."""
    wanted = 'is no size; write a number of bytes, or a text such as "50 MiB"'
    if isinstance(value, str):
        found = _SIZE.fullmatch(value.strip())
        if found:
            return int(float(found[1]) * _SIZES[found[2]])
        if value.strip().isdecimal():
            return int(value)
    elif isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    raise ValueError(wanted)


def duration(value: object) -> timedelta:
    """Read a length of time: whole seconds, or a text such as ``90d`` or ``1h 30min``."""
    wanted = 'is no length of time; write seconds, or a text such as "30s", "5min", "12h", "90d"'
    seconds: int | None = None
    if isinstance(value, timedelta):
        seconds = int(value.total_seconds())
    elif isinstance(value, str):
        seconds = _seconds(value.strip())
    elif isinstance(value, int) and not isinstance(value, bool):
        seconds = value
    if seconds is None or seconds < 0:
        raise ValueError(wanted)
    if seconds > _LONGEST.total_seconds():
        msg = 'is longer than a hundred years; write at most "36525d"'
        raise ValueError(msg)
    return timedelta(seconds=seconds)


def _seconds(text: str) -> int | None:
    if text.isdecimal():
        return int(text[:16])
    total, at = 0, 0
    while found := _STEP.match(text, at):
        unit = found[2] if found[2] in _SECONDS else found[2].removesuffix("s")
        if unit not in _SECONDS:
            return None
        total, at = total + int(found[1]) * _SECONDS[unit], found.end()
    return total if text and at == len(text) else None


def retention(value: object) -> timedelta | None:
    """Read a duration, or ``"forever"`` for no end."""
    if value is None or (isinstance(value, str) and value.strip() == "forever"):
        return None
    try:
        return duration(value)
    except ValueError as error:
        msg = f'{error}, or "forever"'
        raise ValueError(msg) from None


def count(value: object) -> int:
    """Read a whole number of at least 1."""
    if isinstance(value, str) and value.strip().isdecimal():
        value = int(value.strip()[:16])
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 10**9:
        return value
    msg = "must be a whole number, 1 or more"
    raise ValueError(msg)


def file_mode(value: object) -> int:
    """Read the mode of a file: a text of octal digits, or TOML's own octal number."""
    if isinstance(value, str) and re.fullmatch("0?[0-7]{3}", value.strip()):
        return int(value, 8)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _ALL_RIGHTS:
        return value
    msg = 'is no file mode; write octal digits in quotes, such as "0666" or "0660"'
    raise ValueError(msg)


def show_duration(value: timedelta) -> str:
    """Write a duration the way it is written in the file: ``90d``, ``5min``, ``1h 30min``."""
    left = int(value.total_seconds())
    words = []
    for unit in ("d", "h", "min", "s"):
        number, left = divmod(left, _SECONDS[unit])
        if number:
            words.append(f"{number}{unit}")
    return " ".join(words) or "0s"


def show_about(octets: int) -> str:
    """Write a size for people, rounded: ``1.4 GiB``, ``12 MiB``, ``40 KiB``."""
    unit = next((one for one in ("GiB", "MiB") if octets >= _SIZES[one]), "KiB")
    number = octets / _SIZES[unit]
    return f"{number:.1f} {unit}" if number < 10 else f"{number:.0f} {unit}"  # noqa: PLR2004 -- two digits


def show_size(value: int) -> str:
    """Write a size in the largest binary unit that divides it: ``50 MiB``, ``1000000 B``."""
    for unit in ("GiB", "MiB", "KiB"):
        if value and value % _SIZES[unit] == 0:
            return f"{value // _SIZES[unit]} {unit}"
    return f"{value} B"
