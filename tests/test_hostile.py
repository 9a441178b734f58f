"""Messages made to hurt: read in linear time, without an exception, and told for what they are."""

from __future__ import annotations

import gc
import json
import time
from pathlib import Path

import hostile
import pytest

from bounced import pipeline
from bounced.classify import RuleBook
from bounced.model import Envelope, Kind

FIXTURES = sorted((Path(__file__).parent.parent / "fixtures" / "hostile").glob("*.eml"))
GROWTH = 2.5  # of the time, where the size is doubled
UNMEASURABLE = 0.05  # seconds
LIMIT = 2.0


def _seconds(raw: bytes, rules: RuleBook) -> float:
    gc.collect()
    gc.freeze()  # what thousands of tests have left is not gone through for each message
    start = time.process_time()
    pipeline.examine(raw, Envelope(), rules)
    pipeline.fingerprint(raw)
    taken = time.process_time() - start
    gc.unfreeze()
    return taken


@pytest.mark.parametrize("name", hostile.NAMES)
def test_a_bomb_takes_time_in_proportion_to_its_size(name: str, rules: RuleBook) -> None:
    """Twice the size, at most two and a half times the time; and never two seconds."""
    once, twice = hostile.bomb(name), hostile.bomb(name, 2)
    best, double = _seconds(once, rules), _seconds(twice, rules)
    for _ in range(9):  # other work on the machine can only make it slower
        if double < max(UNMEASURABLE, GROWTH * best) and double < LIMIT:
            return
        best, double = min(best, _seconds(once, rules)), min(double, _seconds(twice, rules))
    pytest.fail(f"{len(once)} octets: {best:.3f} s, {len(twice)} octets: {double:.3f} s")


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_a_hostile_message_is_told_for_what_it_is(path: Path, rules: RuleBook) -> None:
    """Of its kind, where it has one, with the recipients that it names; and quickly."""
    expected = json.loads(path.with_suffix(".json").read_text())
    start = time.process_time()
    reading = pipeline.examine(path.read_bytes(), Envelope(), rules)
    assert time.process_time() - start < LIMIT
    if expected["kind"] is None:
        assert reading.report.kind in Kind
        return
    assert reading.report.kind == expected["kind"]
    addresses = [one.recipient.address for one in reading.judged]
    assert addresses == [one["address"] for one in expected.get("recipients", [])]
