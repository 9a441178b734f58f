"""What the doctor says of a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import make_url

from bounced.config import Config, load
from bounced.doctor import Finding, Grade, data
from bounced.policy import Policies
from bounced.store import Store

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def config(url: str) -> Config:
    """Return settings with that database."""
    return load(None, {"BOUNCED_STORE_URL": url})


def examined(url: str) -> list[Finding]:
    """Return what is found."""
    return list(data.database(config(url), NOW, thorough=True))


def make(url: str) -> Path:
    """Make an empty database."""
    Store.open(url, policies=Policies(), raw_retention=None).close()
    return Path(make_url(url).database or "")


def test_a_database_that_is_well(url: str) -> None:
    """Of this version, and sound; of PostgreSQL, what it is set to."""
    make(url)
    found = examined(url)
    bad = [one for one in found if one.grade is Grade.BAD]

    assert "as it should be" in found[0].found
    assert all("is off: a power cut" in one.found for one in bad)  # the tests' server
    assert bool(bad) == url.startswith("postgresql")


@pytest.mark.database("sqlite")
def test_others_may_not_read_it(url: str) -> None:
    """The mode is told, and how to mend it."""
    make(url).chmod(0o644)

    assert [one.advice for one in examined(url) if one.grade is Grade.BAD] == [
        f"run: chmod o= {make_url(url).database}"
    ]


@pytest.mark.database("sqlite")
def test_a_clock_behind_the_messages(url: str) -> None:
    """The clock was set back, or is wrong now."""
    make(url)
    store = Store.open(url, policies=Policies(), raw_retention=None)
    with store.database.write() as connection:
        connection.exec_driver_sql(
            "INSERT INTO messages (fingerprint, seen, received_at, queue_id, source, peer, stream,"
            " kind, forward_paths, size) VALUES ('f', 1, ?, 'q', 's', 'p', 'd', 'bounce', '[]', 1)",
            ((NOW + timedelta(days=1)).strftime("%Y-%m-%d %H:%M:%S.%f"),),
        )
    store.close()
    [found] = [one for one in examined(url) if one.check == "clock"]

    assert found.grade is Grade.WARN
    assert "timedatectl" in found.advice


@pytest.mark.database("sqlite")
def test_a_database_of_a_newer_version(url: str) -> None:
    """The revision is told, and what to install."""
    make(url)
    store = Store.open(url, policies=Policies(), raw_retention=None)
    with store.database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    store.close()
    [found] = [one for one in examined(url) if one.grade is Grade.BAD]

    assert "at revision 9999" in found.found
    assert "install that version or a later one" in found.advice


def test_a_server_that_is_away() -> None:
    """It can't be reached, which is bad; the password is not shown."""
    [found] = examined("postgresql://me:secret@127.0.0.1:1/bounced")

    assert found.grade is Grade.BAD
    assert "can't be reached" in found.found
    assert "secret" not in found.found
