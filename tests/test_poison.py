"""What has killed readers of mail, a tenth of the size at which ``drills/poison.py`` sends it."""

from __future__ import annotations

import resource
import time

import poison
import pytest

from bounced import pipeline
from bounced.classify import RuleBook
from bounced.model import Envelope, Kind

TENTH = 10
LIMIT = 0.5  # seconds of CPU; the budget of a message is two
MEMORY = 20  # times the size of the message


@pytest.mark.parametrize("name", poison.ROWS)
def test_it_is_read_in_time(name: str, rules: RuleBook) -> None:
    """In a quarter of its budget, without an exception: no reader has to be ended for it."""
    build, size = poison.ROWS[name]
    raw = build(size // TENTH)
    seconds = []
    for _ in range(3):  # other work on the machine can only make it slower
        start = time.process_time()
        reading = pipeline.examine(raw, Envelope(), rules)
        pipeline.fingerprint(raw)
        seconds.append(time.process_time() - start)
        assert reading.report.kind in Kind
        if min(seconds) < LIMIT:
            return
    pytest.fail(f"{len(raw)} octets took {min(seconds):.2f} s")


def test_all_of_it_takes_memory_in_proportion(rules: RuleBook) -> None:
    """Of some times the largest message, at the highest."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    largest = 0
    for build, size in poison.ROWS.values():
        raw = build(size // TENTH)
        largest = max(largest, len(raw))
        pipeline.examine(raw, Envelope(), rules)
        pipeline.fingerprint(raw)
    grown = 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
    assert grown < MEMORY * largest + 2**25
