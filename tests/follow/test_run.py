"""From a log into a real store, and on from where the last run stopped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from bounced.classify import RuleBook
from bounced.errors import StoreError, StoreUnavailableError
from bounced.follow.counting import Counting
from bounced.follow.files import LogFile
from bounced.follow.run import Follower, Summary
from bounced.maillog import syslog
from bounced.policy import Policies, Settings
from bounced.store import Store
from bounced.store.followed import Followed, Position

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Return an empty store that blocks at the third soft failure."""
    opened = Store.open(
        f"sqlite:///{tmp_path}/state/bounced.db",
        policies=Policies(default=Settings(soft_limit=3)),
        raw_retention=None,
        patience=0.1,
    )
    yield opened
    opened.close()


def wait(until: Callable[[], bool]) -> None:
    """Wait for something that must come about, ten seconds at most."""
    deadline = time.monotonic() + 10
    while not until() and time.monotonic() < deadline:
        time.sleep(0.01)


class Site:
    """A log, a store, and runs over them."""

    def __init__(self, folder: Path, store: Store, rules: RuleBook) -> None:
        self.path = folder / "mail.log"
        self.path.touch()
        self.store = store
        self.rules = rules
        self.stop = threading.Event()
        self.troubles: list[StoreUnavailableError] = []

    def write(self, *said: str) -> None:
        """Append lines of the daemon whose words they are, a second apart."""
        with self.path.open("a") as file:
            for number, text in enumerate(said):
                words = text.partition(": ")[2]
                daemon = "smtp" if words.startswith("to=") else "qmgr"
                daemon = "cleanup" if words.startswith("message-id=") else daemon
                at = NOW + timedelta(seconds=self.path.stat().st_size + number)
                file.write(f"{at.isoformat()} mail postfix/{daemon}[1]: {text}\n")

    def begin(self, queue_id: str) -> None:
        """Let a mail arrive in the queue."""
        self.write(
            f"{queue_id}: message-id=<{queue_id}@a.example>",
            f"{queue_id}: from=<bounces@a.example>, size=1, nrcpt=1 (queue active)",
        )

    def outcome(self, queue_id: str, to: str, why: str = "") -> None:
        """Let its way end, by a rejection if there is a reason."""
        relay = "relay=mx.b.net[192.0.2.1]:25, delay=1"
        said = f"dsn=5.2.2, status=bounced (host mx.b.net[192.0.2.1] said: {why})"
        said = said if why else "dsn=2.0.0, status=sent (250 Ok)"
        self.write(f"{queue_id}: to=<{to}>, {relay}, {said}", f"{queue_id}: removed")

    def run(self, *, once: bool = True) -> Summary:
        """Run once more, as a new process would."""
        followed = Followed(self.store, "log").loaded(NOW)
        source = LogFile(self.path, followed.position, followed.since, print)
        yes: Callable[[str], bool] = lambda _: True  # noqa: E731 -- short
        follower = Follower(
            source=source,
            parse=partial(syslog, zone=UTC),
            counting=Counting(rules=self.rules, own=yes, returns=lambda _: False),
            followed=followed,
            once=once,
            stop=self.stop,
            on_done=lambda *_: None,
            on_trouble=self._on_trouble,
        )
        try:
            return follower.run()
        finally:
            source.close()

    def _on_trouble(self, error: StoreUnavailableError) -> None:
        self.troubles.append(error)

    def soft_count(self, address: str) -> int:
        """Return how many soft failures in a row are known."""
        state = self.store.state(address)
        return state.soft_count if state else 0


@pytest.fixture
def site(tmp_path: Path, store: Store, rules: RuleBook) -> Site:
    """Return a site without a line in its log."""
    return Site(tmp_path, store, rules)


FULL = "552 5.2.2 mailbox is over its quota"


def test_rejections_and_deliveries(site: Site) -> None:
    """Rejections count up, a delivery sets the count back, and the sums are told."""
    for number in range(2):
        site.begin(f"AAAAA{number}")
        site.outcome(f"AAAAA{number}", "full@b.net", FULL)
    assert site.run() == Summary(lines=8, rejected=2)
    assert site.soft_count("full@b.net") == 2

    site.begin("BBBBBB")
    site.outcome("BBBBBB", "full@b.net")
    assert site.run() == Summary(lines=4, delivered=1)
    assert site.soft_count("full@b.net") == 0


def test_a_mail_that_waits_while_nobody_follows(site: Site) -> None:
    """Whose it is and which one is still known when it is rejected after a restart."""
    site.begin("AAAAAA")
    site.run()
    site.outcome("AAAAAA", "full@b.net", FULL)
    summary = site.run()

    assert (summary.rejected, summary.skipped) == (1, {})
    [event] = site.store.history("full@b.net")
    assert (event.origin, event.who, event.original) == ("log", "postfix log", "AAAAAA@a.example")


def test_whom_we_have_mailed_is_told(site: Site) -> None:
    """A report about such a message is put down to it; mail that was refused counts as well."""
    site.begin("AAAAAA")
    site.outcome("AAAAAA", "full@b.net", FULL)
    site.begin("BBBBBB")
    site.outcome("BBBBBB", "anna@b.net")
    for _ in range(2):
        site.run()
    with site.store.database.read() as connection:
        rows = connection.exec_driver_sql("SELECT name, key FROM sent ORDER BY name").fetchall()

    assert [tuple(row) for row in rows] == [
        ("AAAAAA@a.example", "full@b.net"),
        ("BBBBBB@a.example", "anna@b.net"),
    ]


def test_the_same_log_again(site: Site) -> None:
    """Read from its beginning by another name, nothing is recorded twice."""
    site.begin("AAAAAA")
    site.outcome("AAAAAA", "full@b.net", FULL)
    site.begin("BBBBBB")
    site.outcome("BBBBBB", "full@b.net")
    site.run()
    before = site.store.history("full@b.net")
    copy = site.path.with_name("copy.log")
    site.path.rename(copy)
    site.path = copy
    with site.store.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM followed")
        connection.exec_driver_sql("DELETE FROM followed_mails")
    summary = site.run()

    assert (summary.known, summary.rejected, summary.delivered) == (2, 0, 0)
    assert site.store.history("full@b.net") == before


def test_the_store_is_away(site: Site) -> None:
    """It is waited for, and then what was read is recorded."""
    thread = threading.Thread(target=site.run, kwargs={"once": False})
    site.begin("AAAAAA")
    thread.start()
    wait(lambda: bool(Followed(site.store, "log").loaded(NOW).mails))
    with site.store.database.write():
        site.outcome("AAAAAA", "full@b.net", FULL)
        wait(lambda: bool(site.troubles))
    wait(lambda: site.soft_count("full@b.net") > 0)
    site.stop.set()
    thread.join(10)

    assert "locked" in str(site.troubles[0])
    assert site.soft_count("full@b.net") == 1


def test_two_that_follow_the_same_log(site: Site) -> None:
    """The one that started first notices it, and ends; nothing counts twice."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            site.run(once=False)
        except StoreError as error:
            errors.append(error)

    thread = threading.Thread(target=run)
    site.begin("AAAAAA")
    thread.start()
    wait(lambda: bool(Followed(site.store, "log").loaded(NOW).mails))
    other = Followed(site.store, "log").loaded(NOW)
    other.save((), (), Position(head="x"), {}, NOW)
    site.outcome("AAAAAA", "full@b.net", FULL)
    thread.join(10)

    assert [str(one) for one in errors] == [
        "another `bounced follow` reads log too; one is enough, end this one"
    ]
    assert site.soft_count("full@b.net") == 0


def test_what_is_written_while_it_follows(site: Site) -> None:
    """It is recorded within a second."""
    thread = threading.Thread(target=site.run, kwargs={"once": False})
    thread.start()
    time.sleep(0.3)
    site.begin("AAAAAA")
    site.outcome("AAAAAA", "full@b.net", FULL)
    start = time.monotonic()
    wait(lambda: site.soft_count("full@b.net") > 0)
    took = time.monotonic() - start
    site.stop.set()
    thread.join(10)

    assert site.soft_count("full@b.net") == 1
    assert took < 1
