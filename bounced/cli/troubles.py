"""Print what has come in, sender incidents with advice, and storms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from bounced.cli import guard, options, output, shapes
from bounced.cli.output import Piece
from bounced.config import Config
from bounced.model import Trust
from bounced.shapes import NOBODY
from bounced.shapes import counts as shape
from bounced.store import Counts, Incident

_COLUMNS = ("name", "state", "since", "last", "cause", "count")
_MAX_POSTMASTERS = 5


def messages(
    settings: Config, *, since: timedelta | None, stream: str | None, as_json: bool
) -> None:
    """Print how many messages came in, by kind, by trust, and by what told whom we had mailed."""
    start = datetime.now(UTC) - since if since else None
    with options.opened_store(settings, read_only=True) as store:
        found = store.counts(since=start, stream=stream)
        if not found.messages:
            store.require_stream(stream)
    if as_json:
        output.json_line(shape(found, start))
        return
    output.line(
        (output.count(found.messages, "message"), "bold"),
        f" since {start:%Y-%m-%d %H:%M}" if start else "",
        f"; {found.again:,} times one came again" if found.again else "",
    )
    if found.messages:
        output.line("")
        output.table(("by", "which", "count"), _rows(found), folds="which")


def _rows(found: Counts) -> Iterator[Sequence[Piece]]:
    """Yield the counts; those of trust, and of what can't be matched, also where they are 0."""
    for kind, number in found.kinds.most_common():
        yield "kind", str(kind), f"{number:,}"
    for trust, number in found.trust.items():
        style = "red" if number and trust is Trust.FORGED else ""
        yield "trust", (str(trust), style), f"{number:,}"
    for match, number in found.matched.items():
        if number or match is None:
            yield "matched", str(match or NOBODY), f"{number:,}"


def incidents(settings: Config, *, everything: bool, as_json: bool) -> None:
    """Print each incident, the newest last."""
    with options.opened_store(settings, read_only=True) as store:
        found = store.incidents(everything=everything)
    for one in found:
        if as_json:
            output.json_line(shapes.incident(one))
        else:
            for line in _told(one):
                output.line(*line)
    if not found and not as_json:
        output.line(("no incidents", "green"), "" if everything else " are open")


def close(settings: Config, number: int, *, who: str, as_json: bool) -> bool:
    """Close one incident; return whether there was an open one of that number."""
    with options.opened_store(settings) as store:
        closed = store.close_incident(number, who=who, now=datetime.now(UTC))
    if closed is None:
        guard.complain(f"no open incident {number}; `bounced incidents` lists them")
        return False
    if as_json:
        output.json_line(shapes.incident(closed))
    else:
        output.line(f"incident {number} closed")
    return True


def storms(settings: Config, *, everything: bool, as_json: bool) -> None:
    """Print each storm, the newest last."""
    with options.opened_store(settings, read_only=True) as store:
        found = store.storms(everything=everything)
    if as_json:
        for one in found:
            output.json_line(shapes.storm(one))
        return
    rows = (
        (
            one.name,
            f"over since {one.ended_at:%Y-%m-%d %H:%M}" if one.ended_at else ("going on", "yellow"),
            f"{one.started_at:%Y-%m-%d %H:%M}",
            f"{one.last_at:%Y-%m-%d %H:%M}",
            str(one.cause),
            str(one.recipients),
        )
        for one in found
    )
    output.table(_COLUMNS, rows, folds="name")


def _told(one: Incident) -> Iterator[Sequence[Piece]]:
    over = f", closed {one.closed_at:%Y-%m-%d} by {one.closed_by}" if one.closed_at else ""
    yield (
        (f"{one.id}  ", "dim"),
        (one.refuser, "bold"),
        f" refuses {one.ours} since {one.opened_at:%Y-%m-%d %H:%M}, ",
        (str(one.cause), "yellow"),
        over,
    )
    yield (f"   {one.cause.info.means}",)
    hit = output.count(one.recipients, "recipient")
    yield (f"   {one.failures} refused, {hit}, the last {one.last_at:%Y-%m-%d %H:%M}",)
    if one.evidence:
        yield ("   ", (one.evidence, "yellow"))
    if one.removal:
        yield (f"   ask for removal: {one.removal}",)
    asked = [f"postmaster@{domain}" for domain in one.domains[:_MAX_POSTMASTERS]]
    more = len(one.domains) - len(asked)
    if asked:
        yield (f"   or write to: {', '.join(asked)}", f" and {more} more" if more else "")
