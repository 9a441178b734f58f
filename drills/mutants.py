"""T19: a million damaged messages through the readers.

    python drills/mutants.py [COUNT] [SEED]

Changes the fixtures, and the mails of ``../shared/corpus`` where there are some, in one to four
ways each: octets, lines, paragraphs, parts and fields changed, cut, doubled, moved, or taken from
another mail; other charsets, encodings and boundaries.  ``examine`` hides nothing, so any exception
shows.  A mutant that raised, or took more than 200 ms three times, is written to ``mutants/``, to
become a fixture; and the drill exits with 1.  An hour on one core; the same seed does the same.
"""

from __future__ import annotations

import hashlib
import logging
import random
import sys
import time
import traceback
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import mutate

from bounced import pipeline
from bounced.classify import RuleBook
from bounced.model import Envelope

LIMIT = 0.2  # seconds
KEPT = Path("mutants")


def keep(raw: bytes, why: str) -> None:
    """Write down one that was bad."""
    KEPT.mkdir(exist_ok=True)
    path = KEPT / f"{hashlib.sha256(raw).hexdigest()[:12]}.eml"
    path.write_bytes(raw)
    print(f"{path}: {why}", flush=True)


def seconds(raw: bytes, rules: RuleBook) -> float:
    """Return how long one message takes to read."""
    start = time.thread_time()
    pipeline.examine(raw, Envelope(), rules)
    return time.thread_time() - start


def main() -> int:
    """Read them all, print what came of it, and return 1 if one was bad."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else time.time_ns()
    logging.getLogger("flufl.bounce").disabled = True
    rules, chance = RuleBook.builtin(), random.Random(seed)
    seeds = mutate.seeds(ROOT.parent / "shared" / "corpus")
    bad: Counter[str] = Counter()
    most = total = 0.0
    for number in range(count):
        raw = mutate.mutant(chance, seeds)
        try:
            taken = seconds(raw, rules)
            if taken > LIMIT:
                taken = min(taken, *(seconds(raw, rules) for _ in range(3)))
        except Exception:  # noqa: BLE001 -- whatever it is, it is what is looked for
            bad["exceptions"] += 1
            keep(raw, traceback.format_exc())
            continue
        most, total = max(most, taken), total + taken
        if taken > LIMIT:
            bad["slow"] += 1
            keep(raw, f"{taken:.3f} s")
        if number % 1_000 == 0:
            print(f"\r{number} of {count}", end="", file=sys.stderr)
    print(
        f"\n{count} mutants of {len(seeds)} mails, seed {seed}: {bad['exceptions']} exceptions, "
        f"{bad['slow']} over {LIMIT * 1000:.0f} ms; mean {total / count * 1000:.2f} ms, "
        f"longest {most * 1000:.0f} ms"
    )
    return 1 if bad.total() else 0


if __name__ == "__main__":
    sys.exit(main())
