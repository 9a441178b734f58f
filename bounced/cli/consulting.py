"""Print what the doctor finds."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bounced.cli import output
from bounced.doctor import Finding, Grade, examine

_STYLES: Final = {Grade.OK: "green", Grade.WARN: "yellow", Grade.BAD: "bold red"}
_WIDTH: Final = max(map(len, Grade))


def doctor(file: Path | None, *, thorough: bool, as_json: bool) -> bool:
    """Print each finding as soon as it is there; return whether nothing is bad."""
    counts = dict.fromkeys(Grade, 0)
    for finding in examine(file, os.environ, datetime.now(UTC), thorough=thorough):
        counts[finding.grade] += 1
        if as_json:
            output.json_line(
                {
                    "check": finding.check,
                    "grade": finding.grade,
                    "found": finding.found,
                    "advice": finding.advice,
                }
            )
        else:
            _print(finding)
    if not as_json:
        bad, warn = counts[Grade.BAD], counts[Grade.WARN]
        told = (f"{bad} bad, {warn} to look at", "red" if bad else "yellow")
        output.line(told if bad or warn else ("all is well", "green"))
    return not counts[Grade.BAD]


def _print(finding: Finding) -> None:
    grade = (f"{finding.grade:{_WIDTH}}", _STYLES[finding.grade])
    output.line(grade, f"  {finding.check}: {finding.found}")
    if finding.advice:
        output.line(" " * _WIDTH, f"  -> {finding.advice}")
