"""Readers in real processes, well or faulty, and a log to look at."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from bounced.log import Log, setup
from bounced.reading import Readers, Task

sys.path.insert(0, str(Path(__file__).parent))  # so that processes find faulty_reader.py


class House:
    """Readers that do what a message tells them, for as many conversations as there are tests."""

    def __init__(self) -> None:
        self.stream = io.StringIO()
        self.log: Log = setup(format="json", stream=self.stream)
        self.task = Task(seconds=1, longest=3, memory=2**28, log={"format": "json"})
        self.readers = Readers(self.task, self.log, workers=2, module="faulty_reader")

    def run(self, conversation: Callable[[Readers], Coroutine[Any, Any, Any]]) -> None:
        """Hold a conversation; what was logged before is forgotten."""
        self.stream.seek(0)
        self.stream.truncate()
        self.runner.run(self._patiently(conversation))

    async def _patiently(self, conversation: Callable[[Readers], Coroutine[Any, Any, Any]]) -> None:
        async with asyncio.timeout(60):
            await conversation(self.readers)

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return the events of one name."""
        lines = map(json.loads, self.stream.getvalue().splitlines())
        return [one for one in lines if one["event"] == name]

    def __enter__(self) -> Self:
        """Start the readers."""
        self.runner = asyncio.Runner()
        self.runner.run(self.readers.__aenter__())
        return self

    def __exit__(self, *_: object) -> None:
        """End them."""
        self.runner.run(self.readers.__aexit__())
        self.runner.close()


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """Return readers that are started once."""
    with House() as one:
        yield one
