"""Our own list: states -> CSV or JSON lines, from which ``read`` gets the same blocks again."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from operator import attrgetter
from typing import Final

from bounced.lists.read import Format
from bounced.policy import AddressState

COLUMNS: Final = (
    "address",
    "stream",
    "blocked",
    "since",
    "expires_at",
    "cause",
    "rule",
    "evidence",
    "why",
    "blocked_by",
    "soft_count",
    "complaints",
    "last_failure_at",
    "last_delivery_at",
)
"""In this order; more may follow."""

_get: Final = attrgetter(*COLUMNS)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "'")


def export(states: Iterable[AddressState], form: Format) -> Iterator[str]:
    """Yield a line for each of *states*, in CSV after a header.  RFC 4180."""
    if form is Format.JSONL:
        for state in states:
            yield json.dumps(dict(zip(COLUMNS, _get(state), strict=True)), default=_when) + "\n"
        return
    # What the writer writes it returns as well: here the line itself.
    row: Callable[[Iterable[str]], str] = csv.writer(_Echo(), lineterminator="\r\n").writerow
    yield row(COLUMNS)
    for state in states:
        yield row(map(_cell, _get(state)))


class _Echo:
    def write(self, line: str) -> str:
        """Return *line*."""
        return line


def _when(value: datetime) -> str:
    return value.isoformat()


def _cell(value: object) -> str:
    """Return a cell that no spreadsheet takes for a formula: a ``'`` goes before what begins one.

    And before a ``'`` itself, so that taking it away again is always right.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
