"""Bring a database to this version's schema, with Alembic and without an alembic.ini.

One transaction: a migration that fails leaves the database as it was.  Alembic is imported only
where there is something to migrate: it takes as long as all the rest of a short command.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection, inspect, text

from bounced.errors import StoreError
from bounced.store.engine import Database

if TYPE_CHECKING:
    from alembic.config import Config

_HERE: Final = Path(__file__).parent


def upgrade(database: Database) -> tuple[str | None, str]:
    """Migrate to this version's schema; return the revisions before and after.

    Raises StoreError where a newer version has made the schema.
    """
    with database.read() as connection:
        found = revision(connection)
    wanted = head()
    if found == wanted:
        return found, wanted
    with database.write() as connection:
        found = revision(connection)
        refuse_unknown(database.name, found)
        if found != wanted:  # no other process was faster
            _upgrade(connection)
    return found, wanted


def require(database: Database) -> None:
    """Raise StoreError unless the database is at this version's schema."""
    with database.read() as connection:
        found = revision(connection)
    wanted = head()
    if found == wanted:
        return
    if found is None:
        msg = (
            f"there are no tables of bounced in the database {database.name} yet; `bounced serve`, "
            "`bounced replay` and `bounced migrate` make them"
        )
        raise StoreError(msg)
    refuse_unknown(database.name, found)
    msg = (
        f"the database {database.name} is at revision {found}, and this version of bounced needs "
        f"{wanted}: restart the daemon, or run `bounced migrate`"
    )
    raise StoreError(msg)


def head() -> str:
    """Return the revision of this version's schema."""
    return max(_known())


def _known() -> set[str]:
    """Return the revisions that this version knows, which are what their files are called by."""
    return {file.name[:4] for file in (_HERE / "versions").glob("[0-9]*.py")}


def revision(connection: Connection) -> str | None:
    """Return the revision of a database's schema; ``None`` where it has no tables of ours."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def refuse_unknown(name: str, found: str | None) -> None:
    """Raise StoreError where a newer version of bounced has made the schema."""
    if found is None or found in _known():
        return
    msg = (
        f"the database {name} is at revision {found}, and this version of bounced knows revisions "
        f"up to {head()}: a newer version has used it; install that version or a later one, or set "
        "store.url to another database"
    )
    raise StoreError(msg)


def _upgrade(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415 -- see above

    command.upgrade(_config(connection), "head")


def _config(connection: Connection) -> Config:
    from alembic.config import Config  # noqa: PLC0415 -- see above

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    return config
