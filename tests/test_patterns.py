"""Every regular expression of the package takes time in proportion to the text."""

from __future__ import annotations

from pathlib import Path

import growth
import patterns
import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def found() -> list[patterns.Found]:
    """Return every pattern that the package compiles."""
    return patterns.everything()


def test_every_module_with_a_pattern_is_in_the_list(found: list[patterns.Found]) -> None:
    """Who calls ``re.compile`` in a module's body has a pattern among those that are tried."""
    recorded = {one.where.partition(":")[0] for one in found}
    wanted = {
        str(path.relative_to(ROOT))
        for path in ROOT.glob("bounced/**/*.py")
        if any(" = re.compile(" in line for line in path.read_text().split("\n") if line[:1] != " ")
    }
    assert wanted
    assert wanted <= recorded


def test_every_rule_is_in_the_list(found: list[patterns.Found]) -> None:
    """The alternatives of all rule files are among those that are tried."""
    assert sum(one.of_rule for one in found) > 2_000


def test_a_pattern_takes_time_in_proportion_to_the_text(found: list[patterns.Found]) -> None:
    """At 32k characters five milliseconds, or twice the text at most two and a half the time."""
    slow = [one for pattern in found for one in growth.slow(pattern, thorough=False)]
    assert not slow, "\n".join(map(str, slow))


@pytest.mark.parametrize(
    "pattern",
    [
        r"a+b",
        r"[ \t]*x",
        r"(?:a|aa)+$",
        r"x[^y]*y",
        r"\s*\n\s*z",
        r"Found:\n(?:[ \t]{1,8}[^\n]{1,500}\n){1,20}end",
    ],
)
def test_a_quadratic_pattern_is_found_out(pattern: str) -> None:
    """The test that all patterns pass fails one that backtracks, or starts anew at every place."""
    bad = patterns.Found("here", pattern, 0, octets=False, methods=("search",))
    assert list(growth.slow(bad, thorough=False))
