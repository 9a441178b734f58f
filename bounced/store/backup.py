"""Copies of an SQLite database: made while it is in use, and put back in its place.

A copy is one plain file, with what was committed when it began; what was deleted before that is not
in it.  PostgreSQL has tools of its own for this, and is told so.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

from sqlalchemy import make_url

from bounced.errors import StoreError
from bounced.store import health, migrations
from bounced.store.engine import Database
from bounced.store.trouble import translated

_BESIDE: Final = ("-wal", "-shm")  # the files beside an SQLite database; never without it


def back_up(url: str, target: Path, *, replace: bool = False) -> int:
    """Copy the database at *url* to *target*; return its size in octets.

    Nobody waits for it, neither readers nor writers.  When this returns, the copy has been checked
    and is on the disk; where it fails, *target* is as it was.  Raises StoreError.
    """
    database = Database(url, create=False, patience=5, read_only=True)
    with contextlib.closing(database):
        source = _file(database)
        if target.exists() and (not replace or target.samefile(source)):
            msg = f"{target} is there already, and is not overwritten; name another file"
            raise StoreError(msg)
        migrations.require(database)
    with _part(target) as part:
        _copy(source, part)
        size = part.stat().st_size
        _settle(part, target)
    return size


def restore(url: str, source: Path, now: datetime) -> Path | None:
    """Put the copy *source* in the place of the database at *url*.

    Returns what the old database is called now, ``None`` where there was none.  Raises StoreError
    where the copy is damaged or somebody uses the database; then all is as it was.
    """
    target = _file_of(url)
    with contextlib.closing(_opened(source)) as copy:
        with copy.read() as connection:
            found = migrations.revision(connection)
        if found is None:
            msg = f"{source} is no backup: there are no tables of bounced in it"
            raise StoreError(msg)
        migrations.refuse_unknown(copy.name, found)
    try:
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        msg = f"can't make {target.parent}: {error.strerror}"
        raise StoreError(msg) from error
    with _part(target) as part:
        _copy(source, part)
        _give(part, target)
        old = _put_aside(target, now) if target.exists() else None
        _settle(part, target)
    return old


def _opened(path: Path) -> Database:
    return Database(f"sqlite:///{path.absolute()}", create=False, patience=5, read_only=True)


def _file(database: Database) -> Path:
    if database.is_file:
        return Path(database.name)
    plain = database.name.replace("+psycopg", "", 1)
    msg = (
        "the database is PostgreSQL, which has a backup of its own, for a server in use as well: "
        f"pg_dump --format=custom --file=bounced.dump '{plain}'; docs/backup.md says the rest"
    )
    raise StoreError(msg)


def _file_of(url: str) -> Path:
    # A URL alone says where a file is; it need not be there, or be sound.
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        msg = (
            "the database is PostgreSQL: stop the daemons, and restore with pg_restore; "
            "docs/backup.md says how"
        )
        raise StoreError(msg)
    return Path(parsed.database or "").resolve()


@contextlib.contextmanager
def _part(target: Path) -> Iterator[Path]:
    """Yield an empty file beside *target* that nobody else can read; gone, if it is still there."""
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        yield part
    except OSError as error:
        msg = f"can't write {target}: {error.strerror}"
        raise StoreError(msg) from error
    finally:
        part.unlink(missing_ok=True)
        part.with_name(f"{part.name}-journal").unlink(missing_ok=True)


def _copy(source: Path, part: Path) -> None:
    """Copy a database as of now, and make sure that the copy is sound."""
    where = f"file:{quote(str(source.absolute()))}?mode=ro"
    with (
        translated(str(source)),
        contextlib.closing(sqlite3.connect(where, uri=True, isolation_level=None)) as database,
    ):
        database.execute("VACUUM INTO ?", (str(part),))
    with contextlib.closing(_opened(part)) as copy:
        if found := health.faults(copy):
            msg = f"the copy of {source} is damaged ({found[0]}): look for disk errors"
            raise StoreError(msg)


def _give(part: Path, target: Path) -> None:
    """Give a file to whom the database belongs: it may be root who puts it back."""
    like = (target if target.exists() else target.parent).stat()
    if os.geteuid() == 0:
        os.chown(part, like.st_uid, like.st_gid)
    if target.exists():
        part.chmod(stat.S_IMODE(like.st_mode))


def _put_aside(target: Path, now: datetime) -> Path:
    """Give the old database a second name, and leave nothing beside *target* that belongs to it.

    *target* itself stays until another takes its place, so that no daemon begins anew in between.
    """
    old = target.with_name(f"{target.name}.replaced-{now:%Y%m%dT%H%M%SZ}")
    logs = [(target.with_name(target.name + end), old.with_name(old.name + end)) for end in _BESIDE]
    for log, kept in logs:
        with contextlib.suppress(FileNotFoundError):
            os.link(log, kept)
    try:
        whole = _is_left_alone(target)
    except StoreError:
        for _, kept in logs:
            kept.unlink(missing_ok=True)
        raise
    for log, kept in logs:
        (kept if whole else log).unlink(missing_ok=True)
    os.link(target, old)
    return old


def _is_left_alone(path: Path) -> bool:
    """Return whether all that was committed is in the file itself now, and none of it in its log.

    Only who is alone may do that; raises StoreError where somebody uses the database.
    """
    with contextlib.closing(sqlite3.connect(path, timeout=1)) as database:
        try:
            database.execute("PRAGMA journal_mode=DELETE").fetchall()
        except sqlite3.Error as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                return False  # damaged, which is why it is to be replaced
            msg = (
                f"the database {path} is in use; stop the daemon first (`systemctl stop bounced "
                "bounced.socket`), then restore and start it again"
            )
            raise StoreError(msg) from error
        return True


def _settle(part: Path, target: Path) -> None:
    """Give *part* its name, and return when both are on the disk."""
    _sync(part)
    part.rename(target)
    _sync(target.parent)


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
