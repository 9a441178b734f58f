"""Copies of a database in use, and a copy put in its place."""

from __future__ import annotations

import os
import sqlite3
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bounced.errors import StoreError
from bounced.store import Incoming, Store, back_up, restore

Make = Callable[..., Incoming]
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
on_sqlite = pytest.mark.database("sqlite")


@on_sqlite
def test_a_backup_has_what_was_recorded_before(
    url: str, store: Store, message: Make, tmp_path: Path, opened: Callable[..., Store]
) -> None:
    """While the store is open; nobody else may read it, and nothing is left beside it."""
    store.record([message("joe@example.com")])
    copy = tmp_path / "copies" / "copy.db"
    copy.parent.mkdir()

    size = back_up(url, copy)
    store.record([message("late@example.com")])

    assert [one.name for one in copy.parent.iterdir()] == ["copy.db"]
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert copy.stat().st_size == size
    with sqlite3.connect(copy) as database:
        assert database.execute("SELECT key FROM recipients").fetchall() == [("joe@example.com",)]


@on_sqlite
def test_a_backup_overwrites_nothing_unless_told_to(url: str, store: Store, tmp_path: Path) -> None:
    """And never the database itself."""
    copy = tmp_path / "copy.db"
    copy.write_text("dear to somebody")

    with pytest.raises(StoreError, match="is there already"):
        back_up(url, copy)
    assert copy.read_text() == "dear to somebody"
    back_up(url, copy, replace=True)
    with pytest.raises(StoreError, match="is there already"):
        back_up(url, Path(store.name), replace=True)
    assert restore(url.replace("bounced.sqlite", "other.db"), copy, NOW) is None


@on_sqlite
def test_where_a_backup_can_not_be_written(url: str, store: Store, tmp_path: Path) -> None:
    """It says so, and leaves nothing behind."""
    with pytest.raises(StoreError, match=r"can't write .*: No such file or directory"):
        back_up(url, tmp_path / "nowhere" / "copy.db")


@on_sqlite
def test_deleted_data_is_not_in_a_backup(
    url: str, store: Store, message: Make, tmp_path: Path
) -> None:
    """Not even in pages that are free."""
    store.record([message("joe@example.com")])
    with store.database.write() as connection:
        connection.exec_driver_sql("PRAGMA secure_delete = OFF")
        for table in ("audit", "events", "recipients"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    back_up(url, tmp_path / "copy.db")

    assert b"552 5.2.2 <joe@example.com>" not in (tmp_path / "copy.db").read_bytes()


@on_sqlite
def test_a_backup_is_put_in_the_place_of_the_database(
    url: str, store: Store, message: Make, tmp_path: Path, opened: Callable[..., Store]
) -> None:
    """The old one is kept beside it, whole, and a store that is opened now sees the backup."""
    store.record([message("joe@example.com")])
    back_up(url, tmp_path / "copy.db")
    store.record([message("late@example.com")])
    store.close()

    old = restore(url, tmp_path / "copy.db", NOW)

    again = opened()
    assert again.state("joe@example.com")
    assert again.state("late@example.com") is None
    assert old
    assert old.name == "bounced.sqlite.replaced-20260102T030405Z"
    with sqlite3.connect(old) as database:
        assert database.execute("SELECT count(*) FROM recipients").fetchone() == (2,)
    assert not list(old.parent.glob("*.part"))


@on_sqlite
def test_nothing_is_restored_under_somebody_who_uses_the_database(
    url: str, store: Store, message: Make, tmp_path: Path
) -> None:
    """It says to stop the daemon first, and the database goes on as it is."""
    back_up(url, tmp_path / "copy.db")
    store.record([message("joe@example.com")])

    with pytest.raises(StoreError, match="in use; stop the daemon first"):
        restore(url, tmp_path / "copy.db", NOW)
    store.record([message("joe@example.com")])
    state = store.state("joe@example.com")
    assert state
    assert state.soft_count == 2


@on_sqlite
def test_a_damaged_database_can_be_replaced(url: str, store: Store, tmp_path: Path) -> None:
    """With what is left of its log, so that nothing of it is read into the new one."""
    back_up(url, tmp_path / "copy.db")
    store.close()
    path = Path(store.name)
    path.write_bytes(b"noise" * 10_000)
    path.with_name(f"{path.name}-wal").write_bytes(b"noise")

    old = restore(url, tmp_path / "copy.db", NOW)

    assert old
    assert old.read_bytes() == b"noise" * 10_000
    assert old.with_name(f"{old.name}-wal").exists()
    assert not path.with_name(f"{path.name}-wal").exists()
    assert Store.open(url, policies=store.policies, raw_retention=None).state("x@y.test") is None


@on_sqlite
@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "no database"), (b"noise" * 10_000, "is no SQLite database"), (b"", "is no backup")],
)
def test_what_is_no_backup_changes_nothing(
    url: str, store: Store, tmp_path: Path, content: bytes | None, said: str
) -> None:
    """Neither a file that isn't there, nor noise, nor a database without our tables."""
    store.close()
    before = Path(store.name).read_bytes()
    if content is not None:
        (tmp_path / "copy.db").write_bytes(content)

    with pytest.raises(StoreError, match=said):
        restore(url, tmp_path / "copy.db", NOW)
    assert Path(store.name).read_bytes() == before
    assert not list(Path(store.name).parent.glob("*replaced*"))


@on_sqlite
def test_a_backup_of_a_newer_version_is_refused(url: str, store: Store, tmp_path: Path) -> None:
    """As a database of it would be."""
    copy = tmp_path / "copy.db"
    back_up(url, copy)
    store.close()
    with sqlite3.connect(copy) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(StoreError, match="a newer version has used it"):
        restore(url, copy, NOW)


@on_sqlite
@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_a_restored_database_belongs_to_whom_it_belonged(
    url: str, store: Store, tmp_path: Path
) -> None:
    """Though it is root who restores it."""
    back_up(url, tmp_path / "copy.db")
    store.close()
    os.chown(store.name, 12345, 12345)

    restore(url, tmp_path / "copy.db", NOW)

    found = Path(store.name).stat()
    assert (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (12345, 12345, 0o600)


@pytest.mark.database("postgresql")
def test_postgresql_has_tools_of_its_own(url: str, store: Store, tmp_path: Path) -> None:
    """It is said which, and how."""
    with pytest.raises(
        StoreError, match=r"pg_dump --format=custom --file=bounced.dump 'postgresql:"
    ):
        back_up(url, tmp_path / "copy.db")
    with pytest.raises(StoreError, match="pg_restore"):
        restore(url, tmp_path / "copy.db", NOW)
