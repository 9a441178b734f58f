"""What every test may use: the built-in rules, the modules beside the tests, a PostgreSQL."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bounced.classify import RuleBook

DATABASES = ("sqlite", "postgresql")

sys.path.insert(0, str(Path(__file__).parent))  # tests are no packages; hostile.py is shared

if TYPE_CHECKING:
    from postgresql_server import Postgresql


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run whatever asks for a ``url`` on each kind of database, or on those that it is marked with.

    The mark says that the test is about something that only that database has.
    """
    if "url" in metafunc.fixturenames:
        mark = metafunc.definition.get_closest_marker("database")
        metafunc.parametrize("url", mark.args if mark else DATABASES, indirect=True)


@pytest.fixture(scope="session")
def rules() -> RuleBook:
    """Return the built-in rules, compiled once."""
    return RuleBook.builtin()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Postgresql]:
    """Return a running PostgreSQL for all tests; without one installed they say that they skip."""
    from postgresql_server import BINARIES, Postgresql  # noqa: PLC0415 -- only if it is asked for

    if BINARIES is None and not os.environ.get("TEST_EVERYTHING"):
        pytest.skip("needs PostgreSQL: apt-get install postgresql")
    with Postgresql() as server:
        yield server


@pytest.fixture(scope="session")
def postgresql_tables(postgresql: Postgresql) -> Iterator[tuple[str, list[str]]]:
    """Return the name of a database with our tables in it, and the tables; many tests share it."""
    from bounced.store import migrations, schema  # noqa: PLC0415 -- few tests need them
    from bounced.store.engine import Database  # noqa: PLC0415

    name = postgresql.create()
    database = Database(postgresql.url(name), create=True, patience=5)
    migrations.upgrade(database)
    database.close()
    yield name, list(schema.metadata.tables)
    postgresql.drop(name)


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return where the database of this test is, or will be, of the kind that is asked for.

    ``empty`` is a PostgreSQL database without any table.
    """
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/state/bounced.sqlite"
        return
    server: Postgresql = request.getfixturevalue("postgresql")
    if request.param == "empty":
        name = server.create()
        yield server.url(name)
        server.drop(name)
        return
    name, tables = request.getfixturevalue("postgresql_tables")
    yield server.url(name)
    server.empty(name, tables)
