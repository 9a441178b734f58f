"""Judge kept messages again: show what changes, ask, do it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import typer

from bounced import shapes
from bounced.cli import guard, options, output
from bounced.config import Config, rulebook
from bounced.config.ours import ours
from bounced.policy import Decision
from bounced.replay import run
from bounced.store import Change, Changes, Fact, Incoming, Kept, Store


def rejudge(
    settings: Config, lately: timedelta | None, *, dry_run: bool, yes: bool, as_json: bool
) -> bool:
    """Show what judging again changes and do it; return ``False`` where it was not to be done."""
    rules, known = rulebook.load(settings.rules.files), ours(settings, os.environ)

    def read(kept: Kept) -> Incoming:
        return run.again(kept, rules, known)

    now = datetime.now(UTC)
    with options.opened_store(settings) as store:
        shown = _show(store, read, now, lately, as_json=as_json)
        if dry_run or not shown:
            return True
        if not yes and not _agreed():
            return False
        for _ in store.rejudge(read, now=now, since=now - lately if lately else None):
            pass
    if not as_json:
        output.line(("done", "green"))
    return True


def _agreed() -> bool:
    if not sys.stdin.isatty():
        guard.complain("nothing was changed; say --yes to do it")
        return False
    return typer.confirm("Do it?")


def _show(
    store: Store,
    read: Callable[[Kept], Incoming],
    now: datetime,
    lately: timedelta | None,
    *,
    as_json: bool,
) -> bool:
    """Print what would change; return whether anything would."""
    since = now - lately if lately else None
    total = Changes(0, [], [])
    for read_again, told, decisions in store.rejudge(read, now=now, since=since, dry_run=True):
        total = Changes(total.read + read_again, total.told + told, total.decisions + decisions)
    for one in total.told:
        _verdict(one, as_json=as_json)
    for decision in total.decisions:
        _state(decision, store.policies.of(decision.after.stream).soft_limit, as_json=as_json)
    summary = {
        "messages": total.read,
        "verdicts": len(total.told),
        "states": len(total.decisions),
        "blocked": sum(one.effect == "blocked" for one in total.decisions),
        "unblocked": sum(one.effect == "unblocked" for one in total.decisions),
    }
    if as_json:
        output.json_line(summary)
    else:
        output.line(", ".join(f"{name} {count}" for name, count in summary.items()))
    return bool(total.told)


def _verdict(told: Change, *, as_json: bool) -> None:
    fact = told.after or told.before
    address = (fact and fact.address) or "(address hidden)"
    trusts = {one.trust for one in (told.before, told.after) if one}
    before, after = (_in_short(one, trust=len(trusts) > 1) for one in (told.before, told.after))
    if as_json:
        output.json_line(
            {"queue_id": told.queue_id, "address": address, "before": before, "after": after}
        )
    else:
        output.line((told.queue_id, "dim"), "  ", (address, "bold"), f": {before} -> {after}")


def _in_short(fact: Fact | None, *, trust: bool) -> str:
    if fact is None:
        return "nothing"
    verdict = fact.verdict
    told = f"{fact.what}, {verdict.cause} by {verdict.rule}" if verdict else str(fact.what)
    return f"{told} ({fact.trust})" if trust and fact.trust else told


def _state(decision: Decision, soft_limit: int, *, as_json: bool) -> None:
    before, after = decision.before, decision.after
    if as_json:
        output.json_line(
            {
                "address": after.address,
                "stream": after.stream,
                "effect": str(decision.effect),
                "before": shapes.state(before, soft_limit),
                "after": shapes.state(after, soft_limit),
            }
        )
        return
    style = {"blocked": "red", "unblocked": "green"}.get(decision.effect, "bold")
    why = f": {after.why}" if after.blocked and after.why else ""
    output.line((after.address, "bold"), ": would be ", (str(decision.effect), style), why)
