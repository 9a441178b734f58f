"""The database: is it there, ours, sound, of this version, and on what disk?"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import make_url

from bounced.config import Config, complaints
from bounced.config.quantities import show_about
from bounced.doctor.finding import Finding, bad, blame, ok, warn
from bounced.errors import StoreError
from bounced.store import health, migrations
from bounced.store.engine import Database

_AHEAD: Final = timedelta(minutes=10)
_LONG_LOG: Final = 256 * 2**20
_RESTORE: Final = "stop the daemon, keep the file, `bounced restore` a backup (docs/backup.md)"


def database(config: Config, now: datetime, *, thorough: bool) -> Iterator[Finding]:
    """Yield what is found out about it; reading it whole comes last."""
    path = place(config)
    if path:
        missing = None if path.exists() else _missing(path)
        if missing:
            yield missing
            return
        yield from _rights(path)
        yield from _log(path)
    try:
        opened = Database(config.store.url, create=False, patience=5, read_only=True)
        with contextlib.closing(opened):
            migrations.require(opened)
            name = complaints.hide_password(opened.name)
            yield ok("database", f"{name} is at revision {migrations.head()}, as it should be")
            yield from _unsafe(opened)
            yield from _damage(opened, thorough=thorough)
            yield _clock(opened, now)
    except StoreError as error:
        yield blame("database", error, "[:;] ")


def place(config: Config) -> Path | None:
    """Return where the file is; ``None`` for PostgreSQL."""
    url = make_url(config.store.url)
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def _missing(path: Path) -> Finding:
    nearest = next(one for one in path.absolute().parents if one.exists())
    if os.access(nearest, os.W_OK | os.X_OK):
        return ok("database", f"{path} is not there yet; `bounced serve` makes it")
    advice = f"make {path.parent} and give it to the user that the daemon runs as"
    return bad("database", f"{path} is not there, and we may not make it", advice)


def _rights(path: Path) -> Iterator[Finding]:
    found = path.stat()
    owner = path.parent.stat().st_uid
    if found.st_mode & (stat.S_IROTH | stat.S_IWOTH):
        yield bad(
            "database", f"every user of this machine can read {path}", f"run: chmod o= {path}"
        )
    for one in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
        if one.exists() and one.stat().st_uid != owner:
            yield bad(
                "database",
                f"{one} does not belong to the owner of its directory",
                f"stop the daemon and run: chown --reference={path.parent} {one}",
            )
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CLOEXEC))
        writable = os.access(path.parent, os.W_OK | os.X_OK)
    except OSError as error:
        if error.errno == errno.EROFS:
            advice = "look for disk errors in the system's log, then mount it again for writing"
            yield bad("disk", f"the filesystem of {path} is read-only", advice)
            return
        writable = False
    if not writable:
        yield bad(
            "database",
            f"{path} or its directory can't be written by us",
            "ask as root or as the daemon's user; if it is the daemon's, give it the right",
        )


def _log(path: Path) -> Iterator[Finding]:
    with contextlib.suppress(OSError):
        size = path.with_name(f"{path.name}-wal").stat().st_size
        if size > _LONG_LOG:
            yield warn(
                "database",
                f"its write-ahead log has {show_about(size)}: somebody reads it without end",
                f"find out who, with: fuser {path}",
            )


def _unsafe(opened: Database) -> Iterator[Finding]:
    for one in health.unsafe(opened):
        yield bad("database", one, "set it to on in postgresql.conf, and reload the server")


def _clock(opened: Database, now: datetime) -> Finding:
    newest = health.newest_message(opened)
    if newest and newest > now + _AHEAD:
        return warn(
            "clock",
            f"it is {now:%Y-%m-%d %H:%M} UTC here, and the newest message came in at "
            f"{newest:%Y-%m-%d %H:%M}",
            "set the clock (timedatectl); new failures count as older than those",
        )
    return ok("clock", f"{now:%Y-%m-%d %H:%M} UTC, later than all messages")


def _damage(opened: Database, *, thorough: bool) -> Iterator[Finding]:
    found = health.faults(opened, thorough=thorough)
    yield from (bad("database", one, _RESTORE) for one in found)
    if opened.is_file and not found:
        yield ok("database", "every page and index is sound" if thorough else "every page is sound")
