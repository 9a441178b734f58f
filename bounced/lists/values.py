"""What one entry of a suppression list comes to: an address to block, nothing to do, or bad."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from bounced.causes import Cause
from bounced.model import Status


class Listed(NamedTuple):
    """One address that a list blocks.

    ``key`` is its look-up key.  ``why`` is what the list says of it, in short; ``rule`` and
    ``evidence`` are ours, where the list gives the reply.  ``since`` and ``until`` are the list's
    dates, ``None`` where it gives none; ``stream`` is ``None`` where it names none.
    """

    address: str
    key: str
    cause: Cause
    why: str
    since: datetime | None = None
    until: datetime | None = None
    stream: str | None = None
    status: Status | None = None
    smtp_code: int | None = None
    rule: str | None = None
    evidence: str | None = None


class Skipped(NamedTuple):
    """One entry that is no reason to block, such as a soft bounce; ``why`` is one of a few."""

    line: int
    address: str
    why: str


class Bad(NamedTuple):
    """One entry that can't be read; ``line`` counts from 1, in a JSON document the entries."""

    line: int
    why: str
    unit: str = "line"


Entry = Listed | Skipped | Bad
