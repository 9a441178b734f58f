"""The database's errors, as ours."""

from __future__ import annotations

import re
import sqlite3

import pytest
from sqlalchemy import exc

from bounced.errors import StoreError, StoreFullError, StoreUnavailableError
from bounced.store.trouble import ConflictError, translated


class _ServerError(Exception):
    """What a driver of PostgreSQL raises."""

    def __init__(self, words: str, sqlstate: str | None) -> None:
        super().__init__(f"{words}\nsecond line")
        self.sqlstate = sqlstate


def sqlite_error(code: int) -> sqlite3.OperationalError:
    """Return an error as SQLite's driver makes it."""
    error = sqlite3.OperationalError("words")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (sqlite3.SQLITE_BUSY, StoreUnavailableError),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, StoreUnavailableError),
        (sqlite3.SQLITE_IOERR_FSYNC, StoreUnavailableError),
        (sqlite3.SQLITE_CANTOPEN, StoreUnavailableError),
        (sqlite3.SQLITE_FULL, StoreFullError),
        (sqlite3.SQLITE_IOERR_SHMSIZE, StoreFullError),
        (sqlite3.SQLITE_READONLY, StoreError),
        (sqlite3.SQLITE_CORRUPT, StoreError),
        (sqlite3.SQLITE_ERROR, StoreError),
    ],
)
def test_sqlites_codes(code: int, kind: type[StoreError]) -> None:
    """What heals by itself is told apart from what a person has to repair."""
    for wrap in (lambda error: error, lambda error: exc.OperationalError("", {}, error)):
        with pytest.raises(StoreError, match="the database here ") as error, translated("here"):
            raise wrap(sqlite_error(code))
        assert type(error.value) is kind


@pytest.mark.parametrize(
    ("sqlstate", "words", "kind"),
    [
        ("53100", "could not extend file: No space left on device", StoreFullError),
        ("53200", "out of memory", StoreUnavailableError),
        ("53300", "too many connections for role", StoreUnavailableError),
        ("57P01", "terminating connection due to administrator command", StoreUnavailableError),
        ("57P03", "the database system is starting up", StoreUnavailableError),
        ("57014", "canceling statement due to statement timeout", StoreUnavailableError),
        ("55P03", "canceling statement due to lock timeout", StoreUnavailableError),
        ("25P03", "terminating connection due to idle-in-transaction", StoreUnavailableError),
        ("25006", "cannot execute INSERT in a read-only transaction", StoreUnavailableError),
        ("58030", "could not read block 7", StoreUnavailableError),
        ("40P01", "deadlock detected", ConflictError),
        ("40001", "could not serialize access", ConflictError),
        ("42501", "permission denied for table messages", StoreError),
        ("3D000", 'database "x" does not exist', StoreError),
        ("3F000", "no schema has been selected to create in", StoreError),
        ("28P01", "password authentication failed", StoreError),
        ("42P01", 'relation "messages" does not exist', StoreError),
        ("42703", 'column "seen" does not exist', StoreError),
        ("42P07", 'relation "events" already exists', StoreError),
        ("XX001", "invalid page in block 7", StoreError),
        ("08006", "connection failure", StoreUnavailableError),
        (None, "server closed the connection unexpectedly", StoreUnavailableError),
        (None, "FATAL:  sorry, too many clients already", StoreUnavailableError),
        (None, "FATAL:  the database system is shutting down", StoreUnavailableError),
        (None, 'FATAL:  password authentication failed for user "u"', StoreError),
        (None, 'FATAL:  no pg_hba.conf entry for host "192.0.2.1"', StoreError),
        (None, 'FATAL:  role "u" does not exist', StoreError),
        (None, 'FATAL:  database "x" does not exist', StoreError),
        (None, 'invalid connection option "frobnicate"', StoreError),
        (None, 'invalid sslmode value: "frobnicate"', StoreError),
    ],
)
def test_postgresqls_codes(sqlstate: str | None, words: str, kind: type[StoreError]) -> None:
    """By the SQLSTATE; before a session has begun there are only words.  The first line is told."""
    with (
        pytest.raises(StoreError, match=rf"^the database db .* \({re.escape(words)}\)$") as error,
        translated("db"),
    ):
        raise exc.OperationalError(None, {}, _ServerError(words, sqlstate))
    assert type(error.value) is kind


@pytest.mark.parametrize("sqlstate", ["22P02", "23505", "42804", "54000", "0A000"])
def test_what_a_server_can_not_take_is_a_defect(sqlstate: str) -> None:
    """Whatever the driver calls it: the message is stored without what was read in it."""
    with pytest.raises(exc.OperationalError), translated("db"):
        raise exc.OperationalError(None, {}, _ServerError("index row size exceeds", sqlstate))


def test_a_pool_that_is_used_up_is_a_matter_of_the_moment() -> None:
    """Somebody gives a connection back."""
    with pytest.raises(StoreUnavailableError, match="all connections"), translated("db"):
        raise exc.TimeoutError


@pytest.mark.parametrize("error", [exc.IntegrityError, exc.DataError, exc.ProgrammingError])
def test_defects_of_the_program_pass_as_they_are(error: type[exc.DBAPIError]) -> None:
    """They are nobody's trouble but ours."""
    with pytest.raises(error), translated("here"):
        raise error(None, {}, sqlite_error(sqlite3.SQLITE_CONSTRAINT))
