"""T20: does any pattern, or the reading of any message, take more than linear time?

    python drills/growth.py [--short]

Tries every pattern of the package on every attack, and every fixture made large in several ways;
prints the worst ten of each, and exits 1 where twice the size took more than two and a half times
the time.  Takes about half an hour on one core; ``--short`` takes every hundredth of both, and the
tests try every pattern on all attacks in one text.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import amplify
import growth
import patterns

from bounced import pipeline
from bounced.classify import RuleBook
from bounced.model import Envelope

STEP = 100 if "--short" in sys.argv else 1
SIZE = 32_768
WORST = 10


def slow_patterns() -> list[growth.Slow]:
    """Return each pattern that is slow on some attack."""
    found = patterns.everything()[::STEP]
    bad = []
    for number, one in enumerate(found, 1):
        print(f"\r{number} of {len(found)} patterns", end="", file=sys.stderr)
        bad += growth.slow(one, thorough=True)
    print(file=sys.stderr)
    return bad


def readings() -> list[tuple[float, float, str]]:
    """Return for each way to make each fixture large: growth, seconds, and which it was."""
    rules = RuleBook.builtin()

    def run(raw: bytes) -> object:
        return pipeline.examine(raw, Envelope(), rules)

    rows = []
    for path in sorted(ROOT.glob("fixtures/*/*.eml"))[::STEP]:
        if path.parent.name == "hostile":
            continue
        print(f"\r{path.parent.name}/{path.name:50}", end="", file=sys.stderr)
        raw = path.read_bytes()
        half, whole = (dict(amplify.amplified(raw, size)) for size in (SIZE // 2, SIZE))
        rows += [
            (*growth.growth(run, half[name], whole[name]), f"{path}: {name}") for name in whole
        ]
    print(file=sys.stderr)
    return rows


def main() -> int:
    """Print the worst, and return 1 if one is too slow."""
    bad = slow_patterns()
    for one in sorted(bad, key=lambda one: -one.seconds)[:WORST]:
        print(one)
    rows = readings()
    for times, taken, what in sorted(rows, reverse=True)[:WORST]:
        print(f"x{times:.2f} {taken:.3f} s {what}")
    slow = [one for one in rows if one[0] > growth.GROWTH]
    print(f"{len(bad)} slow patterns; {len(slow)} slow readings of {len(rows)}")
    return 1 if bad or slow else 0


if __name__ == "__main__":
    sys.exit(main())
