"""The failures of a group around some time: no more of them than it takes to find a storm.

A domain in an outage has thousands within an hour, and each that comes asks again.  So a query ends
after as many rows as decide, in the order of an index, unless a few recipients fail all the time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import (
    CompoundSelect,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    func,
    literal_column,
    select,
    union_all,
)

from bounced.policy import Settings
from bounced.policy.outage import Failure, Span, moved
from bounced.store.alike import COLUMNS, Group, failed, members_of
from bounced.store.schema import events
from bounced.store.state import TOGETHER, Place

_PAGE: Final = 4  # rows for each recipient that is looked for, if he has not failed only once
_REMEMBERED: Final = 64  # statements

_time: Final = itemgetter(3)
_BEFORE: Final = and_(events.c.at < bindparam("first"), events.c.at >= bindparam("from"))
_WITHIN: Final = events.c.at.between(bindparam("first"), bindparam("last"))
_AFTER: Final = and_(events.c.at > bindparam("last"), events.c.at <= bindparam("to"))
_PARTS: Final = ((_BEFORE, True), (_WITHIN, True), (_WITHIN, False), (_AFTER, False))
"""Where to look around a span, and whether for the newest there or for the oldest."""


def counted(connection: Connection, around: Mapping[Group, Span], most: int) -> dict[Group, int]:
    """Return how many failures of each group there are in its span; *most* is the most it says."""
    found: dict[Group, int] = {}
    for scope in COLUMNS:
        groups = sorted(group for group in around if group.scope == scope)
        for start in range(0, len(groups), TOGETHER):
            some = groups[start : start + TOGETHER]
            values: dict[str, Any] = {"most": most}
            for number, group in enumerate(some):
                first, last = around[group]
                mine = {"name": group.name, "cause": group.cause, "first": first, "last": last}
                values |= {f"{name}{number}": value for name, value in mine.items()}
            rows = connection.execute(_counting(scope, len(some)), values)
            found |= {some[number]: count for number, count in rows}
    return found


@lru_cache(_REMEMBERED)
def _counting(scope: str, groups: int) -> CompoundSelect[int, int]:
    each: list[Select[int, int]] = []
    for number in range(groups):
        some = select(events.c.id).where(
            COLUMNS[scope] == bindparam(f"name{number}"),
            events.c.cause == bindparam(f"cause{number}"),
            failed(),
            events.c.at.between(bindparam(f"first{number}"), bindparam(f"last{number}")),
        )
        each.append(
            select(literal_column(str(number)), func.count()).select_from(
                some.limit(bindparam("most")).subquery()
            )
        )
    return union_all(*each)


def nearest(connection: Connection, group: Group, span: Span, settings: Settings) -> list[Failure]:
    """Return the failures of *group* that decide whether a window with something of *span* in it
    holds a storm, where *span* is no longer than a window.

    Of each recipient the last before it, the first after it, and both ends of those within; of
    recipients the nearest, as many as make a storm.  However often one of them fails, he takes no
    other's place.
    """
    window, wanted = settings.storm_window, settings.storm_recipients
    values = {"name": group.name, "cause": group.cause, "first": span.first, "last": span.last}
    values |= {"from": moved(span.first, -window), "to": moved(span.last, window)}
    for page in (wanted, _PAGE * wanted):
        rows = connection.execute(_nearest(group.scope), values | {"page": page}).all()
        found, whole = _choice(rows, page, wanted)
        if whole:
            return found
    # A few fail again and again, and hide the others.
    rows = connection.execute(_nearest(group.scope, each=True), values | {"page": wanted}).all()
    return _choice(rows, wanted, wanted)[0]


def _choice(
    rows: Sequence[Row[*tuple[Any, ...]]], page: int, wanted: int
) -> tuple[list[Failure], bool]:
    """Return of each part its first *wanted* recipients; and whether none is hidden by others."""
    found: set[Failure] = set()
    whole = True
    for number, (_, newest) in enumerate(_PARTS):
        part = sorted((row for row in rows if row[0] == number), key=_time, reverse=newest)
        first: dict[Place, datetime] = {}
        for _, stream, key, time in part:
            if len(first) < wanted:
                first.setdefault(Place(stream, key), time)
        found |= {Failure(at, who) for who, at in first.items()}
        whole = whole and (len(first) == wanted or len(part) < page)
    return list(found), whole


@lru_cache(_REMEMBERED)
def _nearest(scope: str, *, each: bool = False) -> CompoundSelect[*tuple[Any, ...]]:
    """Return what asks for the nearest before a span, both ends within, and after it.

    With *each*, for one failure of each recipient, whatever that costs.
    """
    at, who = events.c.at, (events.c.stream, events.c.key)
    parts: list[Select[*tuple[Any, ...]]] = []
    for number, (where, newest) in enumerate(_PARTS):
        time = at if not each else (func.max if newest else func.min)(at, type_=at.type)
        mine = select(literal_column(str(number)).label("part"), *who, time.label("time"))
        mine = mine.where(*members_of(scope), where).group_by(*(who if each else ()))
        mine = mine.order_by(time.desc() if newest else time).limit(bindparam("page"))
        parts.append(select(mine.subquery()))
    return union_all(*parts)
