"""URLs: which name a database, and what is said of the others."""

from __future__ import annotations

import subprocess
import sys

import pytest

from bounced.errors import StoreError
from bounced.store.engine import Database

EXAMPLES = "write sqlite:////var/lib/bounced/bounced.sqlite or postgresql+psycopg://user@host/name"


def refused(where: str) -> str:
    """Name a database that can't be one, and return what was said."""
    with pytest.raises(StoreError) as error:
        Database(where, create=True, patience=5)
    return str(error.value)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("nonsense", f"store.url is no database URL; {EXAMPLES}"),
        ("postgresql://u:secret@db:port/x", f"store.url is no database URL; {EXAMPLES}"),
        ("postgresql://u:sec@ret@db/x", f"store.url is no database URL; {EXAMPLES}"),
        ("sqlite://", "sqlite:// is no file; write sqlite:////"),
        ("sqlite:///:memory:", ":memory: is no file; write sqlite:////"),
        ("frobnicate://u:secret@x/y", f"no store is made for frobnicate; {EXAMPLES}"),
        ("mysql+asyncmy://u:secret@x/y", f"no store is made for mysql+asyncmy; {EXAMPLES}"),
        ("postgresql+psycopg2://x/y", f"no store is made for postgresql+psycopg2; {EXAMPLES}"),
    ],
)
def test_urls_that_name_no_database_are_refused(where: str, said: str) -> None:
    """The text shows what one looks like, and no password."""
    assert refused(where).startswith(said)
    assert "secret" not in refused(where)
    assert "ret@" not in refused(where)


def test_a_missing_driver_is_named_with_the_command_that_installs_it() -> None:
    """It is an option of the installation, and not needed for SQLite."""
    script = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from bounced.store.engine import Database\n"
        "from bounced.errors import StoreError\n"
        "try: Database('postgresql://u:secret@db/x', create=True, patience=5)\n"
        "except StoreError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert done.stdout == (
        "PostgreSQL needs a driver that is not installed: "
        "python3 -m pip install 'psycopg[binary]>=3.2,<4'\n"
    )


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg"])
def test_a_store_is_called_by_its_url_without_passwords(scheme: str) -> None:
    """Wherever in the URL they stand; and psycopg is the driver, named or not."""
    url = f"{scheme}://u:secret@db:5433/x?password=secret&sslmode=require"
    database = Database(url, create=True, patience=5)

    assert database.name == f"{scheme}://u:***@db:5433/x?sslmode=require"
    assert database.engine.driver == "psycopg"
    database.close()
