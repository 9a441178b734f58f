"""Read messages for ``parse`` and print what they say."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from bounced import pipeline
from bounced.cli import guard, output, shapes
from bounced.config import Config, rulebook
from bounced.model import Judged, Reading
from bounced.replay import envelope, files


def found_in(paths: Sequence[str], limit: int) -> Iterator[files.Found | files.Bad]:
    """Yield every message in *paths*, and what can't be read as one."""
    for source in files.sources(paths):
        if isinstance(source, files.Bad):
            yield source
        else:
            yield from files.read(source, limit=limit, stdin=sys.stdin.buffer)


def parse(paths: Sequence[str], settings: Config, *, as_json: bool) -> int:
    """Print every message in *paths*; return how many can't be read."""
    rules = rulebook.load(settings.rules.files)
    bad = 0
    for found in found_in(paths, settings.limits.message_size):
        if isinstance(found, files.Bad):
            bad += 1
            guard.complain(f"{found.name}: {found.why}")
            if as_json:
                output.json_line(shapes.bad(found))
            continue
        reading = pipeline.read(found.raw, envelope.envelope(found.raw), rules)
        if as_json:
            output.json_line(shapes.message(found, reading))
        else:
            _show(found.name, reading)
    return bad


def _show(name: str, reading: Reading) -> None:
    kind = "red" if reading.report.kind.about_somebody else "green"
    output.line((name, "bold"), ": ", (str(reading.report.kind), kind))
    for judged in reading.judged:
        output.line("  ", *_recipient(judged))


def _recipient(judged: Judged) -> Iterator[output.Piece]:
    yield judged.recipient.address or "(address hidden)"
    told = (judged.recipient.action, judged.status, judged.smtp_code)
    yield "".join(f", {one}" for one in told if one)
    if verdict := judged.verdict:
        yield ": "
        yield (f"{verdict.cause} ({verdict.type})", "red" if verdict.type == "hard" else "yellow")
        yield f", by rule {verdict.rule}: "
        yield (verdict.evidence, "dim")
