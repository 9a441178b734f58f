"""Every fixture says what its ``.json`` expects.

``kind``, ``recipients`` and ``why`` were written by hand, before the program was asked.  ``report``
and ``verdicts`` are complete; after a change they are written anew by ``UPDATE_FIXTURES=1``, and
the difference is to be read line by line before it is committed.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
import shape

from bounced import pipeline
from bounced.classify import RuleBook
from bounced.model import Envelope, Judged, Kind, Reading

FIXTURES = Path(__file__).parent.parent / "fixtures"
MESSAGES = sorted(path for path in FIXTURES.glob("*/*.eml") if path.parent.name != "hostile")
KEYS = ("address", "action", "status", "smtp_code", "cause", "type")


def _row(one: Judged) -> dict[str, Any]:
    return {
        "address": one.recipient.address,
        "action": one.recipient.action and one.recipient.action.value,
        "status": str(one.status) if one.status else None,
        "smtp_code": one.smtp_code,
        "cause": one.verdict and one.verdict.cause.value,
        "type": one.verdict and one.verdict.type.value,
    }


def _lines(rows: list[dict[str, Any]]) -> list[str]:
    """Return the recipients as lines to compare; their order is no promise."""
    return sorted(" ".join(f"{key}={row.get(key)}" for key in KEYS) for row in rows)


def _shown(path: Path, why: str, reading: Reading) -> str:
    report = reading.report
    rules = [
        one.verdict and f"{one.verdict.rule} by {one.verdict.evidence!r}" for one in reading.judged
    ]
    return f"{path}\n  why:  {why}\n  read: {report.source}, {report.because}\n  rule: {rules}"


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_message_says_what_is_expected(path: Path, rules: RuleBook) -> None:
    """Kind, and for each recipient address, action, status, code, cause and type."""
    expected = json.loads(path.with_suffix(".json").read_text())
    reading = pipeline.examine(path.read_bytes(), Envelope(), rules)
    got = [f"kind={reading.report.kind}", *_lines([_row(one) for one in reading.judged])]
    want = [f"kind={expected['kind']}", *_lines(expected.get("recipients", []))]
    assert got == want, _shown(path, expected["why"], reading)


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_the_whole_reading_is_as_expected(path: Path, rules: RuleBook) -> None:
    """Every field of the report, and for each recipient the rule and the words that decided."""
    file = path.with_suffix(".json")
    expected = json.loads(file.read_text())
    reading = pipeline.examine(path.read_bytes(), Envelope(), rules)
    got = expected | {"report": shape.report(reading), "verdicts": shape.verdicts(reading)}
    if got != expected:
        target = file if os.environ.get("UPDATE_FIXTURES") else file.with_suffix(".got")
        target.write_text(json.dumps(got, indent=2, ensure_ascii=False) + "\n")
    assert got == expected, f"see {file.with_suffix('.got')}"


@pytest.mark.parametrize("path", MESSAGES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_an_expectation_is_complete(path: Path) -> None:
    """It names a kind, a reason why the fixture exists, and every key of every recipient."""
    expected = json.loads(path.with_suffix(".json").read_text())
    assert expected["kind"] in set(Kind)
    assert expected["why"]
    for row in expected.get("recipients", []):
        assert set(row) >= set(KEYS)


def test_every_file_has_its_pair() -> None:
    """No message without an expectation, and no expectation without a message."""
    messages = {path.with_suffix("") for path in FIXTURES.glob("*/*.eml")}
    assert messages == {path.with_suffix("") for path in FIXTURES.glob("*/*.json")}
    assert len(MESSAGES) >= 60
