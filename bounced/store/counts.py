"""How many messages have come in: of what kinds, how far believed, and by what we knew whose."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from bounced.model import Kind, Match, Trust
from bounced.store.schema import messages


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Messages by kind and by trust, each once; ``again`` is how often one was delivered anew.

    ``matched`` divides the reports among them; ``None`` are those that can't be put down to anybody
    whom we have mailed.  Of trust and matched those are there as
    well of which there were none.
    """

    messages: int
    again: int
    kinds: Counter[Kind]
    trust: Counter[Trust]
    matched: Counter[Match | None]


def count(connection: Connection, *, since: datetime | None, stream: str | None) -> Counts:
    """Count what came in *since* then, in one *stream* or in all."""
    table = messages.c
    groups = (table.kind, table.trust, table.matched)
    query = select(*groups, func.count(), func.sum(table.seen - 1)).group_by(*groups)
    if since is not None:
        query = query.where(table.received_at >= since)
    if stream is not None:
        query = query.where(table.stream == stream)
    rows = list(connection.execute(query))
    kinds: Counter[Kind] = Counter()
    trust: Counter[Trust] = Counter(dict.fromkeys(Trust, 0))
    matched: Counter[Match | None] = Counter(dict.fromkeys((*Match, None), 0))
    for kind, believed, match, number, _ in rows:
        kinds[Kind(kind)] += number
        trust[Trust(believed or Trust.UNSIGNED)] += number
        if Kind(kind).about_somebody:
            matched[Match(match) if match else None] += number
    return Counts(
        messages=kinds.total(),
        again=sum(again for *_, again in rows),
        kinds=kinds,
        trust=trust,
        matched=matched,
    )
