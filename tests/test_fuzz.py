"""The targets of ``fuzz/``, on their seeds, on what was found, and on changes of both."""

from __future__ import annotations

import logging
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import mutate
import pytest

FUZZ = Path(__file__).parent.parent / "fuzz"
sys.path.append(str(FUZZ))

import targets  # noqa: E402 -- found on the path above

SECONDS = 2.0  # of changes, for each target
SEED = 1


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Keep flufl.bounce from writing tracebacks of what it raises."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


def _seeds(name: str) -> list[bytes]:
    folders = (FUZZ / "corpus" / name, FUZZ / "found" / name)
    return [path.read_bytes() for folder in folders for path in sorted(folder.glob("*"))]


@pytest.mark.parametrize("name", targets.TARGETS)
def test_a_target_keeps_its_promise(name: str) -> None:
    """On each seed and finding, and on as many changes of them as two seconds allow."""
    seeds = _seeds(name)
    assert len(seeds) >= 5
    for raw in seeds:
        targets.TARGETS[name](raw)
    chance, end, tried = random.Random(SEED), time.process_time() + SECONDS, 0
    while time.process_time() < end:
        targets.TARGETS[name](mutate.mutant(chance, seeds))
        tried += 1
    assert tried > 100
