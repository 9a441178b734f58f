"""Bring a database to this version's schema, with Alembic and without an alembic.ini.

One transaction: a migration that fails leaves the database as it was.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from bounced.errors import StoreError
from bounced.store.engine import Database

_HERE: Final = Path(__file__).parent


def upgrade(database: Database) -> tuple[str | None, str]:
    """Migrate to this version's schema; return the revisions before and after.

    Raises StoreError where a newer version has made the schema.
    """
    with database.read() as connection:
        found = _revision(connection)
    wanted = head()
    if found == wanted:
        return found, wanted
    with database.write() as connection:
        found = _revision(connection)
        _refuse_unknown(database.name, found, wanted)
        if found != wanted:  # no other process was faster
            command.upgrade(_config(connection), "head")
    return found, wanted


def require(database: Database) -> None:
    """Raise StoreError unless the database is at this version's schema."""
    with database.read() as connection:
        found = _revision(connection)
    wanted = head()
    if found == wanted:
        return
    if found is None:
        msg = (
            f"there are no tables of bounced in the database {database.name} yet; `bounced serve`, "
            "`bounced replay` and `bounced migrate` make them"
        )
        raise StoreError(msg)
    _refuse_unknown(database.name, found, wanted)
    msg = (
        f"the database {database.name} is at revision {found}, and this version of bounced needs "
        f"{wanted}: restart the daemon, or run `bounced migrate`"
    )
    raise StoreError(msg)


def head() -> str:
    """Return the revision of this version's schema."""
    return ScriptDirectory(str(_HERE)).get_current_head() or ""


def _revision(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_unknown(name: str, found: str | None, wanted: str) -> None:
    known = {script.revision for script in ScriptDirectory(str(_HERE)).walk_revisions()}
    if found is None or found in known:
        return
    msg = (
        f"the database {name} is at revision {found}, and this version of bounced knows revisions "
        f"up to {wanted}: a newer version has used it; install that version or a later one, or set "
        "store.url to another database"
    )
    raise StoreError(msg)


def _config(connection: Connection) -> Config:
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    return config
