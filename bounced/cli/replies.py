"""Classify bare SMTP replies: one given as an argument, or many on standard input."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from bounced import pipeline
from bounced.classify import RuleBook
from bounced.cli import guard, output, shapes
from bounced.config import Config, rulebook
from bounced.model import Verdict

LONGEST = 65_536


class Said(NamedTuple):
    """One reply and who said it."""

    reply: str
    remote_mta: str | None = None


def classify(text: str, settings: Config, *, as_json: bool) -> int:
    """Print the verdict on *text*, or on every line of standard input; return how many are bad."""
    rules = rulebook.load(settings.rules.files)
    if text != "-":
        _print(Said(text), _verdict(Said(text), rules), as_json=as_json, alone=True)
        return 0
    bad = 0
    for number, said in enumerate(_lines(sys.stdin.buffer), 1):
        if said is None:
            bad += 1
            guard.complain(f'line {number}: no text under "reply"; write {{"reply": "550 ..."}}')
            if as_json:
                output.json_line({"line": number, "error": 'no text under "reply"'})
        elif said.reply:
            _print(said, _verdict(said, rules), as_json=as_json, alone=False)
    return bad


def _lines(stream: Iterable[bytes]) -> Iterator[Said | None]:
    for line in stream:
        yield said(line[:LONGEST].decode("utf-8", "replace").strip())


def said(line: str) -> Said | None:
    """Read one line: JSON with ``reply`` and ``remote_mta``, or the reply itself; else ``None``."""
    if not line.startswith("{"):
        return Said(line)
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return Said(line)
    reply, host = row.get("reply"), row.get("remote_mta")
    if not isinstance(reply, str) or not reply.strip():
        return None
    return Said(reply, host if isinstance(host, str) and host else None)


def _verdict(said: Said, rules: RuleBook) -> Verdict:
    verdict = pipeline.rejection("", said.reply, said.remote_mta, rules).verdict
    assert verdict is not None
    return verdict


def _print(said: Said, verdict: Verdict, *, as_json: bool, alone: bool) -> None:
    style = "red" if verdict.type == "hard" else "yellow"
    if as_json:
        output.json_line(shapes.classified(said.reply, said.remote_mta, verdict))
    elif alone:
        output.line((str(verdict.cause), style), f" ({verdict.type}): {verdict.cause.info.means}")
        output.line(("by rule    ", "dim"), verdict.rule)
        output.line(("the words  ", "dim"), (verdict.evidence, "bold yellow"))
    else:
        output.line(
            (f"{verdict.cause!s:<22}", style),
            f" {verdict.type!s:<4}  {verdict.rule:<32}  ",
            (said.reply, "dim"),
        )
