"""The budget of one message, as settings."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bounced.config import load
from bounced.errors import ConfigError


def _load(tmp_path: Path, text: str) -> object:
    file = tmp_path / "b.toml"
    file.write_text(f"[reading]\n{text}\n")
    return load(file, {"STATE_DIRECTORY": str(tmp_path)}).reading


def test_what_holds_where_nobody_says(tmp_path: Path) -> None:
    """Two seconds, one gibibyte, and no Python that a mail can crash."""
    reading = load(None, {"STATE_DIRECTORY": str(tmp_path)}).reading

    assert (reading.time, reading.memory) == (timedelta(seconds=2), 2**30)
    assert reading.python == "safe"


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ('time = "0s"', 'at least "1s"'),
        ('memory = "1 MiB"', 'at least "64 MiB"'),
        ('python = "new"', "safe"),
    ],
)
def test_a_budget_that_reads_nothing_is_refused(tmp_path: Path, text: str, instead: str) -> None:
    """With what to write instead."""
    with pytest.raises(ConfigError, match=instead):
        _load(tmp_path, text)
