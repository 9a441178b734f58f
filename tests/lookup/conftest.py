"""A log that can be read."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from bounced.log import Log, setup


class Lines(io.StringIO):
    """What was logged."""

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return the events of one name."""
        found = [json.loads(line) for line in self.getvalue().splitlines()]
        return [event for event in found if event["event"] == name]


@pytest.fixture
def lines() -> Lines:
    """Return the log's text."""
    return Lines()


@pytest.fixture
def log(lines: Lines) -> Log:
    """Return a log that goes there."""
    return setup(stream=lines, format="json")
