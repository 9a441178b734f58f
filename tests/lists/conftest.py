"""Lists, read under one date by the rules that come with the program."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from bounced.classify import RuleBook
from bounced.lists import Entry, Reading, read

NOW = datetime(2026, 6, 1, tzinfo=UTC)


@pytest.fixture
def entries() -> Callable[..., list[Entry]]:
    """Return the function that reads a list, given as text."""

    def read_it(text: str, **options: object) -> list[Entry]:
        form = options.pop("form", None)
        how = Reading(rules=RuleBook.builtin(), now=NOW, **options)  # type: ignore[arg-type]
        return list(read(io.StringIO(text, newline=""), how, form))  # type: ignore[arg-type]

    return read_it
