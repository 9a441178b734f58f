"""Read one message for ``explain``, ask the store what it would do, and print all of it."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from bounced.cli import explanation, guard, options, output, shapes
from bounced.config import Config, rulebook
from bounced.errors import StoreError
from bounced.replay import files, run
from bounced.store import Incoming, Outcome
from bounced.store.judge import Memory, judge


def explain(file: str, settings: Config, *, stream: str, as_json: bool) -> None:
    """Print everything about the one message in *file*."""
    found = files.one(file, limit=settings.limits.message_size, stdin=sys.stdin.buffer)
    rules = rulebook.load(settings.rules.files)
    incoming = run.incoming(found.raw, rules=rules, now=datetime.now(UTC), stream=stream)
    outcomes = _preview(incoming, settings)
    # Of a message with recipients only a redelivery does nothing at all.
    known = bool(incoming.reading.judged) and not outcomes
    if as_json:
        would = [{"address": one.address, **shapes.decision(one.decision)} for one in outcomes]
        shape = shapes.message(found, incoming.reading)
        output.json_line({**shape, "known": known, "would": would})
        return
    for told in explanation.lines(found.name, incoming.reading, outcomes):
        output.line(*told)
    if known:
        output.line("")
        output.line("This message is recorded already: it would change nothing.")


def _preview(incoming: Incoming, settings: Config) -> list[Outcome]:
    """Return what the message would do now; without a database, to addresses nobody knows."""
    try:
        with options.opened_store(settings) as store:
            return list(store.preview(incoming))
    except StoreError as error:
        guard.complain(f"{error}; so every address is taken for a new one")
        return list(judge(incoming, Memory(), settings.policy.settings)[1])
