"""Is the database sound?  What SQLite's own checks find; PostgreSQL watches over itself."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import select

from bounced.errors import StoreError
from bounced.store.engine import Database
from bounced.store.schema import messages

_MOST: Final = 20  # faults that are told of
_QUICK: Final = 512 * 2**20  # octets that are read and checked in about a second
_LAST: Final = 1000  # messages, some of which may be from before the clock was set back
_UNSAFE: Final = {  # settings of a PostgreSQL server, and what happens with them
    "fsync": "a power cut damages the database, and loses what was answered 250",
    "full_page_writes": "a power cut may damage the database",
}


def faults(database: Database, *, thorough: bool = False) -> list[str]:
    """Return what is damaged, the first twenty; nothing where all is well.

    Reads the whole file; *thorough* compares every index with its table as well, which takes ten
    times as long.  Raises StoreError where the damage is such that nothing can be read at all.
    """
    if not database.is_file:
        return []
    pragma = "integrity_check" if thorough else "quick_check"
    with database.read() as connection:
        found = connection.exec_driver_sql(f"PRAGMA {pragma}({_MOST})").scalars()
        lines = [line for text in found for line in text.splitlines()]
    return [line for line in lines if line != "ok" and not line.startswith("***")]


def refuse_corrupt(database: Database) -> None:
    """Raise StoreError where a file is damaged; one of more than 512 MiB is taken as it is."""
    if not database.is_file or Path(database.name).stat().st_size > _QUICK:
        return
    if found := faults(database):
        msg = (
            f"the database {database.name} is corrupt ({found[0]}): keep the file, and restore a "
            "backup with `bounced restore`; `bounced doctor` says how much of it is damaged"
        )
        raise StoreError(msg)


def unsafe(database: Database) -> list[str]:
    """Return what a PostgreSQL server is set to that makes our 250 a promise it can't keep."""
    if database.is_file:
        return []
    with database.read() as connection:
        return [
            f"{name} is off: {then}"
            for name, then in _UNSAFE.items()
            if connection.exec_driver_sql(f"SHOW {name}").scalar() == "off"
        ]


def newest_message(database: Database) -> datetime | None:
    """Return the latest time at which one of the last thousand messages came in."""
    last = select(messages.c.received_at).order_by(messages.c.id.desc()).limit(_LAST)
    with database.read() as connection:
        return max(connection.execute(last).scalars(), default=None)
