"""Read one message for ``explain``, ask the store what it would do, and print all of it."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime

from bounced.cli import explanation, options, output, shapes
from bounced.config import Config, rulebook
from bounced.config.ours import ours
from bounced.replay import files, run
from bounced.shapes import decision


def explain(file: str, settings: Config, *, stream: str, as_json: bool) -> None:
    """Print everything about the one message in *file*."""
    found = files.one(file, limit=settings.limits.message_size, stdin=sys.stdin.buffer)
    rules = rulebook.load(settings.rules.files)
    known_ours = ours(settings, os.environ)
    incoming = run.incoming(
        found.raw, rules=rules, ours=known_ours, now=datetime.now(UTC), stream=stream
    )
    with options.previewed(settings) as preview:
        outcomes = preview(incoming)
    # Of a message with recipients only a redelivery does nothing at all.
    known = bool(incoming.reading.judged) and not outcomes
    if as_json:
        would = [{"address": one.address, **decision(one.decision)} for one in outcomes]
        shape = shapes.message(found, incoming.reading)
        trust = explanation.trust_of(incoming, outcomes)
        whose = {"trust": str(trust), **shapes.whose(incoming)}
        output.json_line({**shape, **whose, "known": known, "would": would})
        return
    for told in explanation.lines(found.name, incoming, outcomes):
        output.line(*told)
    if known:
        output.line("")
        output.line("This message is recorded already: it would change nothing.")
