"""Failures that are alike, as events have them: one domain's or one provider's, for one cause."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, bindparam, select

from bounced.causes import Cause, Type
from bounced.policy import What
from bounced.policy.outage import Span
from bounced.store.schema import events, storms

COLUMNS: Final = {"domain": events.c.domain, "provider": events.c.provider}


_THINNED: Final = select(storms).where(
    storms.c.thinned_at.is_not(None), storms.c.confirmed_at.is_(None)
)


class Group(NamedTuple):
    """Those that fail alike: one domain's or one provider's, for one cause."""

    scope: str
    name: str
    cause: Cause

    @property
    def hard(self) -> bool:
        """Whether their failures block at once, out of a storm."""
        return self.cause.info.type is Type.HARD


def members(group: Group) -> tuple[ColumnElement[bool], ...]:
    """Return what makes an event one of *group*."""
    return COLUMNS[group.scope] == group.name, events.c.cause == group.cause, failed()


def members_of(scope: str) -> tuple[ColumnElement[bool], ...]:
    """Return the same of any group of *scope*; its ``name`` and ``cause`` are parameters."""
    return COLUMNS[scope] == bindparam("name"), events.c.cause == bindparam("cause"), failed()


def failed() -> ColumnElement[bool]:
    """Return what makes an event a failure that is in force."""
    return and_(events.c.what == What.FAILED, events.c.superseded_by.is_(None))


def thin(connection: Connection, which: ColumnElement[bool], now: datetime) -> None:
    """Note of the storms that *which* events are part of that these will be deleted."""
    theirs = select(events.c.storm_id).where(which, events.c.storm_id.is_not(None))
    mark = storms.update().where(storms.c.id.in_(theirs), storms.c.thinned_at.is_(None))
    connection.execute(mark.values(thinned_at=now))


def thinned(connection: Connection) -> dict[Group, list[Span]]:
    """Return the times of storms that have been thinned: what comes late is in them."""
    found: dict[Group, list[Span]] = {}
    for row in connection.execute(_THINNED):
        group = Group(row.scope, row.name, Cause(row.cause))
        found.setdefault(group, []).append(Span(row.started_at, row.last_at))
    return found
