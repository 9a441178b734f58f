"""Readers: a parsed message in, a report out.  No clock, no socket, no file; none raises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bounced.model import Report
from bounced.report import aggregate, arf, complaint, disposition, dsn, sieve, sns
from bounced.report.mime import Part

# The order matters: a complaint or a disposition notice also has recipients with a status.
READERS: Final[tuple[Callable[[Part], Report | None], ...]] = (
    arf.read,
    complaint.read,
    aggregate.read,
    sieve.read,
    disposition.read,
    dsn.read,
    sns.read,
)


def read(message: Part) -> Report | None:
    """Return what the standards' own formats say of *message*, or None: it is in none of them."""
    for reader in READERS:
        if report := reader(message):
            return report
    return None
