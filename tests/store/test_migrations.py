"""From any older schema to this version's, and never from a newer one."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from bounced.errors import StoreError
from bounced.policy import Policies
from bounced.store import Store, migrations
from bounced.store.engine import Database
from bounced.store.schema import metadata


def test_the_migrations_make_the_schema_that_the_code_uses(store: Store) -> None:
    """Tables, columns, types, indexes, keys: Alembic finds nothing to add."""
    with store.database.read() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "target_metadata": metadata}
        )
        assert compare_metadata(context, metadata) == []


def test_migrating_again_changes_nothing(url: str) -> None:
    """The first time it starts from nothing, the second time it is there already."""
    database = Database(url, create=True, patience=5)
    assert migrations.upgrade(database) == (None, migrations.head())
    assert migrations.upgrade(database) == (migrations.head(), migrations.head())
    database.close()


def test_a_database_from_a_newer_version_is_refused(
    store: Store, opened: Callable[..., Store], tmp_path: Path
) -> None:
    """With both revisions and what to do, and without a change."""
    with store.database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(StoreError) as error:
        opened()

    assert str(error.value) == (
        f"the database {tmp_path}/state/bounced.sqlite is at revision 9999, and this version of "
        f"bounced knows revisions up to {migrations.head()}: a newer version has used it; install "
        "that version or a later one, or set store.url to another database"
    )
    with store.database.read() as connection:
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars()
        assert list(found) == ["9999"]


def test_a_migration_that_fails_leaves_the_database_as_it_was(url: str, tmp_path: Path) -> None:
    """It is one transaction."""
    (tmp_path / "state").mkdir()
    path = tmp_path / "state" / "bounced.sqlite"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE events (id)")  # the fourth of the tables that are made
    other.commit()

    with pytest.raises(StoreError):
        Store.open(url, policies=Policies(), raw_retention=None)

    assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("events",)]
    other.close()


def test_two_that_start_at_once_migrate_once(url: str) -> None:
    """The second one waits, and finds it done."""
    errors: list[BaseException] = []

    def open_it() -> None:
        try:
            Store.open(url, policies=Policies(), raw_retention=None).close()
        except BaseException as error:  # noqa: BLE001 -- told to the test below
            errors.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert errors == []


def test_a_downgrade_leaves_nothing_behind(store: Store) -> None:
    """Each revision can be taken back."""
    with store.database.write() as connection:
        command.downgrade(migrations._config(connection), "base")
    with store.database.read() as connection:
        left = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
        assert list(left.scalars()) == ["alembic_version"]
