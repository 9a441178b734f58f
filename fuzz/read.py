"""Coverage-guided fuzzing of everything that reads the bytes of a message.

    pip install . atheris
    python fuzz/read.py -max_total_time=300 NEW_FOLDER fixtures/*/

libFuzzer starts from the fixtures, changes them, and keeps in NEW_FOLDER what reaches new code.
Whatever raises, takes two seconds, or breaks one of the promises below stops it and is written to
a file ``crash-…``: that becomes a fixture in ``fixtures/hostile/``, with its expectation.
"""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports(include=["bounced"]):
    from bounced import pipeline
    from bounced.address import normalise
    from bounced.classify import RuleBook
    from bounced.model import Envelope, Kind

RULES = RuleBook.builtin()
TO_US = Envelope(reverse_path="", forward_paths=("b+anna=example.com@bounces.example.org",))
SECONDS = 2


def read(raw: bytes) -> None:
    """Read one message, and see that the core keeps its promises."""
    for envelope in (Envelope(), TO_US):
        reading = pipeline.examine(raw, envelope, RULES)
        for one in reading.judged:
            if one.verdict:
                assert reading.report.kind in {Kind.BOUNCE, Kind.COMPLAINT}
                assert one.verdict.rule
            if one.recipient.address:
                key = normalise(one.recipient.address)
                assert normalise(key) == key
    pipeline.fingerprint(raw)


def main() -> None:
    """Hand over to libFuzzer."""
    atheris.Setup([*sys.argv, f"-timeout={SECONDS}"], read)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
