"""The database's errors, as ours."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy import exc

from bounced.errors import StoreError, StoreFullError, StoreUnavailableError
from bounced.store.trouble import translated


class _AwayError(Exception):
    """What a driver of PostgreSQL raises."""

    def __init__(self, sqlstate: str | None) -> None:
        super().__init__("server closed the connection\nsecond line")
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
    ("sqlstate", "kind"),
    [("53100", StoreFullError), ("57P01", StoreUnavailableError), (None, StoreUnavailableError)],
)
def test_a_server_that_is_away_or_full(sqlstate: str | None, kind: type[StoreError]) -> None:
    """Its first line says why."""
    with (
        pytest.raises(StoreError, match=r"server closed the connection$") as error,
        translated("db"),
    ):
        raise exc.OperationalError(None, {}, _AwayError(sqlstate))
    assert type(error.value) is kind


@pytest.mark.parametrize("error", [exc.IntegrityError, exc.DataError, exc.ProgrammingError])
def test_defects_of_the_program_pass_as_they_are(error: type[exc.DBAPIError]) -> None:
    """They are nobody's trouble but ours."""
    with pytest.raises(error), translated("here"):
        raise error(None, {}, sqlite_error(sqlite3.SQLITE_CONSTRAINT))
