"""Look-ups in a real PostgreSQL: by the daemon's process, and by Postfix itself."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from postgresql_server import Postgresql
from sqlalchemy import make_url, text

from bounced.causes import Cause
from bounced.errors import StoreUnavailableError
from bounced.lookup.answer import action
from bounced.policy import AddressState, Policies
from bounced.store import Store
from bounced.store.lookup import Lookup
from bounced.store.state import Place, save

pytestmark = [pytest.mark.slow, pytest.mark.database("postgresql")]
CF = Path(__file__).parents[2] / "docs" / "postfix-pgsql.cf"
POSTMAP = shutil.which("postmap", path="/usr/sbin:/usr/bin")
NOW = datetime.now(UTC)
DAY = timedelta(days=1)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """Return a store with a state of every kind."""
    with contextlib.closing(Store.open(url, policies=Policies(), raw_retention=None)) as opened:
        with opened.database.write() as connection:
            save(connection, {}, {Place(one.stream, one.key): one for one in states()})
        yield opened


def states() -> Iterator[AddressState]:
    """Yield states: each cause, by hand, a domain, ended and not, harmless words and others."""
    words = ["550 5.1.1 User unknown", "w" * 201, "zw\N{LATIN SMALL LETTER O WITH DIAERESIS}lf\n"]
    for number, cause in enumerate([*Cause, None]):
        for until in (None, NOW - DAY, NOW + DAY):
            address = f"{number}{'.' if until else '-'}{'a' if until == NOW + DAY else 'b'}@e.test"
            yield AddressState(
                address=address,
                key=address,
                blocked=number != 1,
                since=NOW - 9 * DAY,
                expires_at=until,
                cause=cause,
                evidence=words[number % 3],
            )
    yield AddressState(address="@whole.test", key="@whole.test", blocked=True, since=NOW)


def test_look_ups_say_what_the_store_says(store: Store, url: str) -> None:
    """And the view has the same words, but for evidence that is no one line of ASCII."""
    lookup = Lookup(url)
    with store.database.read() as connection:
        rows = connection.execute(text("SELECT key, action FROM blocked_recipients")).all()
    shown = {row.key: row.action for row in rows}
    for one in states():
        found = store.state(one.key, now=NOW)
        block = lookup.block(one.key, "default", NOW)
        assert (block is not None) == (found is not None and found.blocked) == (one.key in shown)
        if block and found:
            assert block == (
                found.key,
                found.since,
                found.expires_at,
                found.cause,
                found.evidence,
            )
            told = action(one.address, block, defer_paused=False)
            if "zw" in (one.evidence or ""):
                told = told.partition(" (")[0]
            assert shown[one.key] == told
    whole = lookup.block("any@whole.test", "default", NOW)
    assert whole
    assert whole.key == "@whole.test"
    lookup.close()


def test_a_lost_connection_is_the_stores_trouble_and_heals(
    store: Store, url: str, postgresql: Postgresql
) -> None:
    """While the server is away, and after it is back, without a restart of ours."""
    lookup = Lookup(url)
    assert lookup.block("any@whole.test", "default", NOW)
    postgresql.stop("immediate")
    try:
        for _ in range(2):
            with pytest.raises(StoreUnavailableError, match="can't be reached"):
                lookup.block("any@whole.test", "default", NOW)
    finally:
        postgresql.start()

    assert lookup.block("any@whole.test", "default", NOW)
    lookup.close()


@pytest.mark.postfix
@pytest.mark.skipif(POSTMAP is None, reason="needs Debian's Postfix")
def test_the_pgsql_map_in_the_docs_works_as_it_stands(
    store: Store, url: str, postgresql: Postgresql, tmp_path: Path
) -> None:
    """But for the server; its user may read the view and nothing else."""
    name = make_url(url).database or ""
    postgresql.execute("CREATE ROLE postfix LOGIN PASSWORD 'secret'")
    postgresql.execute("GRANT SELECT ON blocked_recipients TO postfix", name)
    for address in ("nobody@example.net", "o'neil@example.com"):
        store.block(address, why="w", who="me", now=NOW)
    where = f"host={postgresql.root}&port={postgresql.port}"
    hosts = f"hosts = postgresql://postfix@/{name}?{where}"
    found = re.sub("^hosts = .*$", hosts, CF.read_text(), flags=re.MULTILINE)
    (tmp_path / "map.cf").write_text(found)

    def ask(key: str) -> tuple[int, str, str]:
        assert POSTMAP
        done = subprocess.run(
            [POSTMAP, "-q", key, f"pgsql:{tmp_path}/map.cf"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout.partition(" since ")[0], done.stderr

    dead = "REJECT 5.7.1 <nobody@example.net> is blocked"
    assert ask("nobody@example.net") == (0, dead, "")
    assert ask("Nobody@EXAMPLE.net") == (0, dead, "")
    assert ask("o'neil@example.com") == (0, "REJECT 5.7.1 <o'neil@example.com> is blocked", "")
    assert ask("any@whole.test") == (0, "REJECT 5.7.1 all of whole.test is blocked", "")
    for alive in ("somebody@example.net", "whole.test", "any@sub.whole.test"):
        assert ask(alive) == (1, "", "")
