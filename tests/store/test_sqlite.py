"""Opening an SQLite database: its file, its pragmas, and what is said where it can't be opened."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bounced.errors import StoreError, StoreUnavailableError
from bounced.policy import Policies
from bounced.store import Incoming, Store

pytestmark = pytest.mark.database("sqlite")
START = datetime(2026, 1, 1, tzinfo=UTC)


def refused(url: str, **options: bool) -> str:
    """Open what can't be opened, and return what was said."""
    with pytest.raises(StoreError) as error:
        Store.open(url, policies=Policies(), raw_retention=None, **options)
    return str(error.value)


def test_commits_are_synced_and_readers_do_not_wait(store: Store) -> None:
    """WAL, synchronous=FULL, foreign keys and a busy timeout, on every connection."""
    with store.database.read() as one, store.database.read() as other:
        for connection in (one, other):
            for pragma, value in [
                ("journal_mode", "wal"),
                ("synchronous", 2),
                ("foreign_keys", 1),
                ("busy_timeout", 5000),
            ]:
                assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


def test_a_path_may_begin_with_more_than_one_slash(tmp_path: Path) -> None:
    """As a URL written by hand does easily: it is the same file."""
    path = tmp_path / "bounced.sqlite"
    for slashes in ("/", "//", "///"):
        url = f"sqlite:///{slashes}{str(path).lstrip('/')}"
        with closing(Store.open(url, policies=Policies(), raw_retention=None)) as store:
            store.block(f"{len(slashes)}@example.com", why="test", who="alice", now=START)
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("SELECT count(*) FROM recipients").fetchone() == (3,)


def test_what_writes_much_leaves_it_in_the_log_for_longer(opened: Callable[..., Store]) -> None:
    """Synced like all others."""
    with opened(bulk=True).database.read() as connection:
        for pragma, value in [("wal_autocheckpoint", 8_192), ("synchronous", 2)]:
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


def test_a_writer_takes_the_lock_when_it_begins(store: Store, opened: Callable[..., Store]) -> None:
    """A second one waits at its own beginning, and a reader does not wait at all."""
    other = opened(patience=0.05)
    with store.database.write():
        with other.database.read() as connection:
            connection.exec_driver_sql("SELECT count(*) FROM messages")
        with pytest.raises(StoreUnavailableError, match="locked"), other.database.write():
            pass


def test_nobody_else_may_read_what_is_made(store: Store, tmp_path: Path) -> None:
    """The file is 0600, its directory 0700, and the log beside it is like the file."""
    directory = tmp_path / "state"

    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    assert {path.name for path in directory.iterdir()} >= {"bounced.sqlite", "bounced.sqlite-wal"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()} == {0o600}


def test_the_store_is_called_by_its_file(store: Store, tmp_path: Path) -> None:
    """As a person would name it."""
    assert store.name == f"{tmp_path}/state/bounced.sqlite"


def test_nothing_is_made_where_only_an_old_one_will_do(url: str, tmp_path: Path) -> None:
    """To ask of a store that isn't there does not make one."""
    said = refused(url, create=False)

    assert said.startswith(f"there is no database {tmp_path}/state/bounced.sqlite yet")
    assert not (tmp_path / "state").exists()


def test_a_directory_that_can_not_be_made_is_named(tmp_path: Path) -> None:
    """With the reason, and with what to do."""
    (tmp_path / "file").write_text("")

    said = refused(f"sqlite:///{tmp_path}/file/state/bounced.sqlite")

    assert said == (
        f"can't open the database {tmp_path}/file/state/bounced.sqlite for "
        "writing: Not a directory; let this user write the file and its directory, or set "
        "store.url to another file; `bounced doctor` says more"
    )


def test_a_directory_without_the_right_to_write_is_named(tmp_path: Path) -> None:
    """Even where the file itself is writable: the log is made beside it."""
    script = (
        "import os; from bounced.store import Store; from bounced.policy import Policies\n"
        "from bounced.errors import StoreError\n"
        "if os.geteuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "try: Store.open('sqlite:///bounced.sqlite', policies=Policies(), raw_retention=None)\n"
        "except StoreError as error: print(error)"
    )
    path = tmp_path / "bounced.sqlite"
    path.touch()
    path.chmod(0o666)
    tmp_path.chmod(0o555)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    tmp_path.chmod(0o755)

    assert "its directory is not writable" in done.stdout


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """By name, and untouched."""
    path = tmp_path / "letter.txt"
    path.write_text("Dear postmaster,\n" * 100)

    said = refused(f"sqlite:///{path}")

    assert said.startswith(f"the database {path} is no SQLite database; name another file")
    assert path.read_text().startswith("Dear postmaster")


def test_a_corrupt_database_says_what_to_do(store: Store, url: str, tmp_path: Path) -> None:
    """It will not heal by itself, so it is no passing trouble."""
    store.close()
    path = tmp_path / "state" / "bounced.sqlite"
    whole = path.read_bytes()
    path.write_bytes(whole[:100] + b"\xff" * (len(whole) - 100))

    with pytest.raises(StoreError, match="is corrupt: stop the daemon") as error:
        Store.open(url, policies=Policies(), raw_retention=None)
    assert not isinstance(error.value, StoreUnavailableError)


def test_a_database_of_something_else_is_left_alone(tmp_path: Path) -> None:
    """A schema that is not ours is not migrated half way."""
    path = tmp_path / "other.sqlite"
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE messages (text)")
    other.commit()
    other.close()

    assert "already exists" in refused(f"sqlite:///{path}")
    other = sqlite3.connect(path)
    assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("messages",)]
    other.close()


def test_a_file_that_is_gone_takes_no_message(
    store: Store, message: Callable[..., Incoming], tmp_path: Path
) -> None:
    """Deleted, moved or replaced while in use: the sender keeps the mail; put back, it goes on."""
    file = tmp_path / "state" / "bounced.sqlite"
    aside = tmp_path / "state" / "aside"
    file.rename(aside)
    with pytest.raises(StoreUnavailableError, match="deleted, moved or replaced"):
        store.record([message()])
    file.touch()
    with pytest.raises(StoreUnavailableError, match="restart bounced"):
        store.record([message()])
    aside.rename(file)

    assert store.record([message()])[0].duplicate is False


def test_a_file_that_goes_during_the_commit_takes_no_message(store: Store, tmp_path: Path) -> None:
    """What was written into it last was written for nobody."""
    with pytest.raises(StoreUnavailableError), store.database.write():
        (tmp_path / "state" / "bounced.sqlite").unlink()


def test_to_ask_needs_no_right_to_write(message: Callable[..., Incoming]) -> None:
    """Neither to the file nor to its directory, as long as the daemon has it open."""
    script = (
        "import os, sys\n"
        "from bounced.store import Store; from bounced.policy import Policies\n"
        "if os.geteuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "store = Store.open(sys.argv[1], policies=Policies(), raw_retention=None, read_only=True)\n"
        "print(store.state('joe@example.com').soft_count)"
    )
    with tempfile.TemporaryDirectory() as where:  # others may enter it, unlike that of pytest
        folder = Path(where)
        url = f"sqlite:///{folder}/bounced.sqlite"
        store = Store.open(url, policies=Policies(), raw_retention=None)
        store.record([message("joe@example.com")])
        for path in (*folder.iterdir(), folder):
            path.chmod(0o555 if path.is_dir() else 0o444)
        done = subprocess.run(
            [sys.executable, "-c", script, url], capture_output=True, text=True, check=False
        )
        folder.chmod(0o755)
        store.close()

    assert (done.stdout, done.stderr) == ("1\n", "")


def test_a_file_that_may_not_be_read_says_whom_to_ask_as(store: Store) -> None:
    """It is the daemon's user's."""
    script = (
        "import os, sys\n"
        "from bounced.store import Store; from bounced.policy import Policies\n"
        "from bounced.errors import StoreError\n"
        "if os.geteuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "try: Store.open(sys.argv[1], policies=Policies(), raw_retention=None, read_only=True)\n"
        "except StoreError as error: print(error)"
    )
    Path(store.name).chmod(0)
    done = subprocess.run(
        [sys.executable, "-c", script, f"sqlite:///{store.name}"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == (
        f"can't read the database {store.name}: Permission denied; ask as the user that the "
        "daemon runs as, or as root\n"
    )
