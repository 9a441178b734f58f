"""What all tables share: how their keys and indexes are called, and indexes of few rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Index, MetaData, text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

OPEN: Final[dict[str, Any]] = {
    f"{dialect}_where": text("closed_at IS NULL") for dialect in ("sqlite", "postgresql")
}
"""For an index of the rows that are not closed yet."""


def alike(name: str) -> Iterator[Index]:
    """Yield indexes of the events that have a *name* to be alike in, by their cause and time.

    One of all, and one of those that are part of no storm: of thousands in an outage a few.
    """
    filled = f"{name} IS NOT NULL"
    for suffix, which in (("", filled), ("_unmarked", f"{filled} AND storm_id IS NULL")):
        where = text(which)
        yield Index(
            f"ix_events_{name}_cause{suffix}",
            name,
            "cause",
            "at",
            sqlite_where=where,
            postgresql_where=where,
        )


def sparse(filled: str, *columns: str) -> Index:
    """Return an index of the rows where a column is *filled*; no query looks for the others."""
    where = text(f"{filled} IS NOT NULL")
    return Index(None, *columns, sqlite_where=where, postgresql_where=where)
