"""Daemons on a real PostgreSQL: two at once, a server that goes away, and what the user reads."""

from __future__ import annotations

import smtplib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

import pytest
from cutting_proxy import CuttingProxy
from postgresql_server import PASSWORD, Postgresql
from running import Daemon
from senders import Senders, effects, mail, stored
from sqlalchemy import make_url

pytestmark = [pytest.mark.slow, pytest.mark.database("postgresql")]

_BUSY = ("4.4.1", "connect to mx.{0}[192.0.2.1]:25: Connection timed out")


@pytest.fixture
def name(url: str) -> str:
    """Return the name of the database."""
    return str(make_url(url).database)


@pytest.fixture
def two(tmp_path: Path, url: str) -> Iterator[list[Daemon]]:
    """Return two daemons on one database."""
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    with Daemon(folders[0], url=url) as one, Daemon(folders[1], url=url) as other:
        yield [one, other]


def try_to_send(port: int, number: int) -> int:
    """Send one mail once, and return the code of the answer."""
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as client:
        try:
            client.sendmail("", ["bounces@example.com"], mail(number, "joe@example.net"))
        except smtplib.SMTPDataError as error:
            return error.smtp_code
    return 250


def test_two_daemons_count_exactly(two: list[Daemon], url: str) -> None:
    """700 failures of 100 new addresses by both: four count, the fifth blocks, none is lost."""
    senders = Senders(
        [one.port for one in two],
        700,
        lambda number: mail(number, f"full@host{number % 100}.test"),
        senders=12,
    )
    senders.run()

    assert len(senders.answered) == 700
    assert sorted(stored(url)) == list(range(700))
    for number in range(100):
        found = effects(two[0], f"full@host{number}.test")
        assert found[:5] == ["counted"] * 4 + ["blocked"]
        assert len(found) == 7
        assert not {"counted", "blocked"} & set(found[5:])
    assert senders.deferred == []
    for one in two:
        assert one.log().count('"event": "message"') > 200
        assert "deadlock" not in one.log()


def test_two_daemons_see_one_outage(two: list[Daemon], url: str) -> None:
    """What each of them alone would not have taken for one: nobody is blocked."""
    senders = Senders(
        [one.port for one in two],
        360,
        lambda number: mail(number, f"user{number % 60}@example.net", _BUSY),
        senders=12,
    )
    senders.run()

    assert sorted(stored(url)) == list(range(360))
    rows = two[1].rows("list")
    assert len(rows) == 60
    assert not [row for row in rows if row["blocked"] or row["soft_count"]]


def test_a_server_that_goes_away_under_load(
    two: list[Daemon], url: str, name: str, postgresql: Postgresql
) -> None:
    """Crashes, restarts and ended sessions: 451 meanwhile, then 250 again by itself."""
    senders = Senders(
        [one.port for one in two],
        500,
        lambda number: mail(number, f"full@host{number % 100}.test"),
    )
    background = senders.start()
    healed: list[float] = []
    try:
        for round_ in range(1, 4):
            senders.wait_for(round_ * 100)
            postgresql.terminate(name)
            senders.wait_for(round_ * 100 + 20)
            postgresql.stop("immediate")
            deferred = len(senders.deferred)
            answered = set(senders.answered)
            while len(senders.deferred) < deferred + 8:
                time.sleep(0.01)
            postgresql.start()
            start = time.monotonic()
            senders.wait_for(len(answered) + 9)
            healed.append(time.monotonic() - start)
            assert not answered - set(stored(url))
    finally:
        postgresql.start_if_stopped()
        background.join(timeout=90)

    assert len(senders.answered) == 500
    assert sorted(stored(url)) == list(range(500))
    assert max(healed) < 5
    assert {one[:3] for one in senders.deferred} == {"451"}
    for number in range(100):
        assert effects(two[0], f"full@host{number}.test") == ["counted"] * 4 + ["blocked"]


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_commit_of_which_nobody_knows(
    tmp_path: Path, name: str, url: str, postgresql: Postgresql, cut: Literal["before", "after"]
) -> None:
    """The connection is lost around it: 451, and the same mail again is 250 and counts once."""
    with (
        CuttingProxy(postgresql.port) as proxy,
        Daemon(tmp_path, url=postgresql.tcp(name, port=proxy.port)) as daemon,
    ):
        assert try_to_send(daemon.port, 1) == 250
        proxy.cut = cut
        assert try_to_send(daemon.port, 2) == 451
        assert try_to_send(daemon.port, 2) == 250

        assert sorted(stored(url)) == [1, 2]
        assert effects(daemon, "joe@example.net") == ["counted", "counted"]
        assert PASSWORD not in daemon.log()


def test_a_turn_that_is_taken_for_too_long_asks_the_sender_to_come_again(
    two: list[Daemon], name: str, postgresql: Postgresql
) -> None:
    """A stranger who holds the lock of a table: 451 after five seconds, 250 when he is gone."""
    with postgresql.connect(name) as stranger, ThreadPoolExecutor(2) as pool:
        stranger.autocommit = False
        stranger.execute("LOCK TABLE messages")
        start = time.monotonic()
        told = list(pool.map(lambda one: try_to_send(one.port, one.port), two))
        assert time.monotonic() - start < 15
        stranger.rollback()

    assert told == [451, 451]
    assert try_to_send(two[0].port, two[0].port) == 250


def test_the_commands_work_as_on_a_file(tmp_path: Path, name: str, postgresql: Postgresql) -> None:
    """Without a daemon, by a URL with a password, which is never shown."""
    daemon = Daemon(tmp_path, url=postgresql.tcp(name))
    shown = daemon.url.replace(PASSWORD.replace("/", "%2F"), "***") if daemon.url else ""

    told = [
        daemon.run(*command)
        for command in (
            ("migrate",),
            ("config", "check"),
            ("block", "joe@example.com", "--reason", "by phone", "--who", "anna"),
            ("check", "joe@example.com", "ann@example.com"),
            ("list",),
            ("history", "joe@example.com"),
            ("unblock", "joe@example.com", "--reason", "a mistake", "--who", "anna"),
        )
    ]

    assert [one.returncode for one in told] == [0, 0, 0, 1, 0, 0, 0], [one.stderr for one in told]
    assert told[0].stdout == f"up to date: {shown}\n"
    assert "blocked by anna: by phone" in told[3].stdout
    for one in told:
        assert PASSWORD not in one.stdout + one.stderr
        assert PASSWORD.replace("/", "%2F") not in one.stdout + one.stderr


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"database": "nowhere"}, "does not exist: make it with createdb, or name another one"),
        ({"username": "nobody"}, "refuses this user: look at the user, the password and pg_hba"),
        ({"password": "geheim"}, "refuses this user: look at the user, the password and pg_hba"),
        ({"port": 1}, "can't be reached (connection failed: "),
        ({"host": "nowhere.invalid"}, "can't be reached (failed to resolve host"),
        ({"query": {"frobnicate": "1"}}, "can't be opened with these options"),
        ({"drivername": "postgresql+asyncpg"}, "no store is made for postgresql+asyncpg; write "),
    ],
)
def test_what_is_wrong_with_a_url_is_said_in_one_line(
    tmp_path: Path,
    name: str,
    postgresql: Postgresql,
    change: dict[str, str],
    said: str,
) -> None:
    """With what to do, without a traceback and without the password."""
    url = make_url(postgresql.tcp(name)).set(**change)  # type: ignore[arg-type]
    done = Daemon(tmp_path, url=url.render_as_string(hide_password=False)).run("serve")

    assert done.returncode in (2, 3)
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert said in done.stderr
    assert not [one for one in (PASSWORD, "word@", "geheim") if one in done.stderr]
