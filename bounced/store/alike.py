"""Failures that are alike, as events have them: one domain's or one provider's, for one cause."""

from __future__ import annotations

from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam

from bounced.causes import Cause, Type
from bounced.policy import What
from bounced.store.schema import events

COLUMNS: Final = {"domain": events.c.domain, "provider": events.c.provider}


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
