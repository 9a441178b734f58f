"""From any older schema to this version's, and never from a newer one."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect

from bounced.errors import StoreError
from bounced.policy import Policies
from bounced.store import Store, migrations
from bounced.store.engine import Database
from bounced.store.schema import metadata

pytestmark = pytest.mark.database("sqlite", "empty")

# Opens a store as soon as it is told to; prints how many migrations it did.
_SCRIPT = """
import sys
from alembic import command
from bounced.policy import Policies
from bounced.store import Store

upgrades = []
upgrade = command.upgrade
command.upgrade = lambda config, to: upgrades.append(upgrade(config, to))
print("ready", flush=True)
sys.stdin.readline()
Store.open(sys.argv[1], policies=Policies(), raw_retention=None).close()
print(len(upgrades))
"""


def test_the_migrations_make_the_schema_that_the_code_uses(store: Store) -> None:
    """Tables, columns, types, indexes, keys: Alembic finds nothing to add."""
    with store.database.read() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "target_metadata": metadata}
        )
        assert compare_metadata(context, metadata) == []


@pytest.mark.database("empty")
def test_all_texts_are_compared_octet_by_octet(store: Store) -> None:
    """Whatever the language of the database: in every table, ours and those to come.

    A migration writes ``sa.Text().with_variant(sa.Text(collation="C"), "postgresql")``.
    """
    with store.database.read() as connection:
        found = connection.exec_driver_sql(
            "SELECT table_name, column_name FROM information_schema.columns JOIN "
            "information_schema.tables USING (table_schema, table_name) WHERE "
            "table_schema = 'public' AND table_type = 'BASE TABLE' AND data_type = 'text' "
            "AND collation_name IS DISTINCT FROM 'C'"
        )
        assert list(found) == []


def test_migrating_again_changes_nothing(url: str) -> None:
    """The first time it starts from nothing, the second time it is there already."""
    database = Database(url, create=True, patience=5)
    assert migrations.upgrade(database) == (None, migrations.head())
    assert migrations.upgrade(database) == (migrations.head(), migrations.head())
    database.close()


def test_a_database_from_a_newer_version_is_refused(
    store: Store, opened: Callable[..., Store]
) -> None:
    """With both revisions and what to do, and without a change."""
    with store.database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(StoreError) as error:
        opened()

    assert str(error.value) == (
        f"the database {store.name} is at revision 9999, and this version of "
        f"bounced knows revisions up to {migrations.head()}: a newer version has used it; install "
        "that version or a later one, or set store.url to another database"
    )
    with store.database.read() as connection:
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars()
        assert list(found) == ["9999"]


@pytest.mark.database("sqlite")
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


@pytest.mark.database("empty")
def test_a_migration_that_fails_leaves_nothing_behind(url: str) -> None:
    """On PostgreSQL as well it is one transaction."""
    plain = create_engine(url)
    with plain.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE events (id int)")

    with pytest.raises(StoreError, match="already exists"):
        Store.open(url, policies=Policies(), raw_retention=None)

    with plain.connect() as connection:
        assert inspect(connection).get_table_names() == ["events"]
    plain.dispose()


@pytest.mark.database("sqlite")
def test_a_new_file_that_another_process_prepares_is_waited_for(url: str, tmp_path: Path) -> None:
    """SQLite itself says "database is locked" at once to the second that switches to a log."""
    (tmp_path / "state").mkdir()
    other = sqlite3.connect(
        tmp_path / "state" / "bounced.sqlite", isolation_level=None, check_same_thread=False
    )
    other.execute("BEGIN IMMEDIATE")
    with ThreadPoolExecutor(1) as pool:
        opening = pool.submit(
            lambda: Store.open(url, policies=Policies(), raw_retention=None).close()
        )
        assert not wait([opening], timeout=0.5).done
        other.execute("ROLLBACK")
        opening.result(timeout=30)
    other.close()


def test_processes_that_start_at_once_migrate_once(url: str) -> None:
    """One does it; the others wait for their turn, and find it done."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", _SCRIPT, url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(3)
    ]
    for one in started:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    for one in started:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    told = [one.communicate(timeout=60)[0].strip() for one in started]

    assert sorted(told) == ["0", "0", "1"]


def test_a_reader_does_not_migrate(url: str, opened: Callable[..., Store]) -> None:
    """It says what to do, whether there is nothing yet or an older schema."""
    Database(url, create=True, patience=5).close()
    with pytest.raises(StoreError, match=r"no tables of bounced .* `bounced migrate` make them"):
        opened(read_only=True)
    store = opened()
    with store.database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0001'")

    with pytest.raises(
        StoreError, match=rf"at revision 0001, .* needs {migrations.head()}: restart the daemon"
    ):
        opened(read_only=True)


def test_a_downgrade_leaves_nothing_behind(store: Store) -> None:
    """Each revision can be taken back."""
    with store.database.write() as connection:
        command.downgrade(migrations._config(connection), "base")
    with store.database.read() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]


def test_the_files_are_called_by_their_revisions() -> None:
    """So that the newest is known without Alembic, as Alembic knows it."""
    folder = Path(migrations.__file__).parent
    scripts = ScriptDirectory(str(folder))
    assert migrations.head() == scripts.get_current_head()
    for script in scripts.walk_revisions():
        assert Path(script.path).name.startswith(f"{script.revision}_")
