"""Messages a second on one core: this parser and classifier, the standard library's, flufl.bounce.

    python benchmarks/parse.py [FOLDER...]

Reads every .eml below the folders (by default this project's fixtures, without the hostile ones),
runs each contender over all of them in turn, five rounds interleaved, and prints the best round of
each and its ratio to the standard library's parser in the same run.
"""

from __future__ import annotations

import contextlib
import email
import gc
import logging
import sys
import time
from collections.abc import Callable
from pathlib import Path

from flufl.bounce import all_failures

from bounced import pipeline
from bounced.classify import RuleBook
from bounced.model import Envelope

ROUNDS = 5
RULES = RuleBook.builtin()


def bounced(raw: bytes) -> None:
    """Parse and classify, as the daemon does."""
    pipeline.read(raw, Envelope(), RULES)


def standard_library(raw: bytes) -> None:
    """Parse with email.message_from_bytes and its default policy, compat32."""
    email.message_from_bytes(raw)


logging.getLogger("flufl.bounce").disabled = True  # it logs what it raises


def flufl(raw: bytes) -> None:
    """Parse with the standard library and find addresses with flufl.bounce; it says no reasons."""
    with contextlib.suppress(Exception):  # it raises on some real messages; that is its result
        all_failures(email.message_from_bytes(raw))


def load(folders: list[str]) -> list[bytes]:
    """Return the bytes of every message below *folders*."""
    roots = [Path(folder) for folder in folders] or [Path(__file__).parent.parent / "fixtures"]
    files = [
        path
        for root in roots
        for path in sorted(root.rglob("*"))
        if path.suffix in {".eml", ".msg", ".txt"} and "hostile" not in path.parts
    ]
    return [path.read_bytes() for path in files]


def one_round(contender: Callable[[bytes], None], messages: list[bytes]) -> float:
    """Return the seconds that *contender* takes for all messages."""
    gc.collect()
    start = time.perf_counter()
    for raw in messages:
        contender(raw)
    return time.perf_counter() - start


def main() -> None:
    """Print the table."""
    messages = load(sys.argv[1:])
    size = sum(map(len, messages))
    print(f"{len(messages)} messages, {size / len(messages) / 1024:.1f} KiB on average")
    contenders = (standard_library, bounced, flufl)
    best = dict.fromkeys(contenders, float("inf"))
    for _ in range(ROUNDS):
        for contender in contenders:
            best[contender] = min(best[contender], one_round(contender, messages))
    base = best[standard_library]
    print(f"{'':24}{'messages/s':>12}{'ms each':>10}{'time, ratio':>14}")
    for contender, seconds in best.items():
        name = contender.__name__.replace("_", " ")
        rate, each = len(messages) / seconds, 1000 * seconds / len(messages)
        print(f"{name:24}{rate:12,.0f}{each:10.3f}{seconds / base:14.2f}")


if __name__ == "__main__":
    main()
