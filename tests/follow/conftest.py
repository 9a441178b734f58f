"""Logs as Postfix writes them, and what reads them to their end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bounced.follow.source import Source

Lines = Callable[[Source], list[bytes]]


@pytest.fixture
def drain() -> Lines:
    """Return a function that reads what there is for now."""

    def read_all(source: Source) -> list[bytes]:
        lines: list[bytes] = []
        waits = 0
        while waits < 3:  # a file that was rotated is looked at once more
            read = source.read()
            lines += read.lines
            waits = waits + 1 if read.waiting else 0
            if read.over:
                break
        return lines

    return read_all
