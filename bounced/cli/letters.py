"""Show what was not told yet, let it be told again, and try a webhook."""

from __future__ import annotations

import asyncio
import os
import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime

import typer

from bounced import shapes
from bounced.cli import guard, options, output
from bounced.config import Config, Webhook
from bounced.errors import nearest
from bounced.outgoing import Failure, Hook, payload
from bounced.store import FORWARD, Letter

_COLUMNS = ("id", "to", "event", "about", "state", "tries", "why")


def show(settings: Config, *, dead: bool, as_json: bool) -> None:
    """Print the letters in the outbox, or only those that were given up."""
    known = {FORWARD, *(one.name for one in settings.webhook)}
    with options.opened_store(settings) as store:
        found = store.letters.listed(dead=dead or None)
        if as_json:
            for one in found:
                output.json_line(_shape(one))
        else:
            output.table(_COLUMNS, (_row(one, known) for one in found), folds="why")


def resend(settings: Config, ids: Sequence[str] | None, *, as_json: bool) -> bool:
    """Let letters be tried again; return whether all of *ids* were there."""
    with options.opened_store(settings) as store:
        count = store.letters.resend(datetime.now(UTC), ids)
    if as_json:
        output.json_line({"resent": count})
    else:
        output.line(f"{count} will be sent again")
    if ids is None or count >= len(set(ids)):
        return True
    guard.complain("the others were not given up; `bounced webhooks list --dead` shows which were")
    return False


def try_out(settings: Config, name: str, *, as_json: bool) -> bool:
    """Send a test event to the webhook *name*; return whether it was taken."""
    hook = next((one for one in settings.webhook if one.name == name), None)
    if hook is None:
        known = [one.name for one in settings.webhook]
        hint = nearest(name, known) or f"; there are: {', '.join(known) or 'none'}"
        msg = f"there is no webhook {name} in the settings{hint}"
        raise typer.BadParameter(msg)
    started = time.perf_counter()
    failure = asyncio.run(_sent(hook))
    milliseconds = round(1000 * (time.perf_counter() - started), 1)
    if as_json:
        why = failure and failure.why
        told = {"webhook": name, "taken": not failure, "why": why, "milliseconds": milliseconds}
        output.json_line(told)
    elif failure:
        output.line((name, "bold"), ": ", ("not taken", "red"), f": {hook.url} {failure.why}")
    else:
        output.line((name, "bold"), ": ", ("taken", "green"), f" in {milliseconds:g} ms")
    return failure is None


async def _sent(settings: Webhook) -> Failure | None:
    hook = Hook.open(settings, os.environ)
    try:
        body = payload("test", datetime.now(UTC), {"webhook": settings.name})
        return await hook.post(f"msg_{uuid.uuid4().hex}", body)
    finally:
        await hook.close()


def _shape(one: Letter) -> shapes.Shape:
    return {
        "id": one.webhook_id,
        "to": one.target,
        "event": one.topic,
        "at": shapes.when(one.at),
        "dead": one.dead_at is not None,
        "dead_at": shapes.when(one.dead_at),
        "attempts": one.attempts,
        "next_at": shapes.when(one.due_at),
        "why": one.last_error,
        "data": one.data,
    }


def _row(one: Letter, known: set[str]) -> Sequence[output.Piece]:
    about = one.data.get("address") or one.data.get("subject") or "-"
    return (
        one.webhook_id,
        one.target if one.target in known else f"{one.target} (not in the settings)",
        one.topic,
        str(about),
        ("given up", "red") if one.dead_at else ("waits", "yellow"),
        str(one.attempts),
        one.last_error or "-",
    )
