"""The log of a real Postfix, followed beside the daemon that gets its bounces; and kill -9."""

from __future__ import annotations

import contextlib
import gzip
import os
import random
import shutil
import smtplib
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from postfix_instance import POSTFIX, Postfix
from running import Daemon, free_port, next_hop

pytestmark = pytest.mark.slow
needs_postfix = [
    pytest.mark.postfix,
    pytest.mark.skipif(
        not os.environ.get("TEST_EVERYTHING") and (POSTFIX is None or os.geteuid() != 0),
        reason="needs Debian's Postfix and root",
    ),
]
RETURN_PATH = "bounces@bounces.example.com"
FOLLOWING = '"event": "following"'
MAILS = 1500
ADDRESSES = 50


@contextlib.contextmanager
def following(daemon: Daemon, log: Path, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run ``bounced follow`` on the daemon's data until the block ends."""
    told = daemon.folder / "follow.log"
    starts = told.read_text().count(FOLLOWING) if told.exists() else 0
    with told.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "bounced", "follow", str(log)],
            env={**daemon.environ, **settings},
            cwd=daemon.folder,
            stdout=output,
            stderr=output,
        )
    try:
        wait(lambda: told.read_text().count(FOLLOWING) > starts)
        yield process
    finally:
        process.terminate()
        process.wait(timeout=20)


def wait(until: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for something that must come about."""
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@dataclass
class Site:
    """The daemon, a Postfix whose log is followed, and the next hop's answers."""

    daemon: Daemon
    postfix: Postfix
    answers: dict[str, str]

    def send(self, recipient: str, number: int, *options: str, sender: str = RETURN_PATH) -> None:
        """Hand over one mail, and wait until it, and the report about it, are gone."""
        head = (
            f"From: shop@example.com\r\nTo: {recipient}\r\nMessage-ID: <{number}@example.com>\r\n"
        )
        with smtplib.SMTP("127.0.0.1", self.postfix.port) as client:
            client.sendmail(sender, [recipient], f"{head}\r\nHi\r\n", rcpt_options=list(options))
        self.postfix.wait_idle()

    def events(self, address: str, count: int) -> list[dict[str, object]]:
        """Return the events of an address, as soon as there are that many."""
        wait(lambda: self._count(address) >= count)
        return self.daemon.rows("history", address)

    def _count(self, address: str) -> int:
        with contextlib.closing(sqlite3.connect(self.daemon.folder / "bounced.db")) as database:
            query = "SELECT count(*) FROM events WHERE address = ?"
            return int(database.execute(query, (address,)).fetchone()[0])

    def soft_count(self, address: str) -> object:
        """Return the soft failures in a row."""
        return self.daemon.rows("check", address)[0]["soft_count"]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """A site that is followed; its next hop on this machine counts as the recipients' server."""
    answers = {
        "nobody": "550 5.1.1 <nobody@example.net>: Recipient address rejected: User unknown",
        "full": "552 5.2.2 <full@example.net>: The mailbox is over its quota",
    }
    with Daemon(tmp_path) as daemon, next_hop(answers) as hop:
        settings = (
            f"transport_maps = inline:{{ bounces.example.com=smtp:[127.0.0.1]:{daemon.port} }}\n"
            f"default_transport = smtp:[127.0.0.1]:{hop}\n"
            "virtual_alias_maps = inline:{ asked@example.com=full@example.net }\n"
        )
        with Postfix(port=free_port(), settings=settings) as postfix:
            final = {"BOUNCED_FOLLOW_FINAL": f"127.0.0.1:{hop}"}
            wait((postfix.root / "log").exists)
            with following(daemon, postfix.root / "log", **final):
                yield Site(daemon, postfix, answers)


class TestPostfix:
    """Mail through a real Postfix."""

    pytestmark = needs_postfix

    def test_log_and_report_of_one_mail_count_once(self, site: Site) -> None:
        """Each mail brings a line in the log and a report: two events, and one more each time."""
        for number in range(1, 4):
            site.send("full@example.net", number)
            events = site.events("full@example.net", 2 * number)
            assert site.soft_count("full@example.net") == number
        assert sorted(str(one["origin"]) for one in events) == ["log"] * 3 + ["report"] * 3
        assert len({one["cause"] for one in events}) == 1
        assert len({one["rule"] for one in events}) == 1

    def test_a_rejection_without_a_report(self, site: Site) -> None:
        """The sender wanted none: the log alone blocks the address."""
        site.send("nobody@example.net", 1, "NOTIFY=NEVER")
        [event] = site.events("nobody@example.net", 1)

        assert (event["origin"], event["effect"], event["smtp_code"]) == ("log", "blocked", 550)
        assert site.daemon.run("check", "nobody@example.net").returncode == 1

    def test_a_mail_without_a_message_id(self, site: Site) -> None:
        """Its queue id tells that log and report are about the same one."""
        with smtplib.SMTP("127.0.0.1", site.postfix.port) as client:
            client.sendmail(RETURN_PATH, ["full@example.net"], "Subject: x\r\n\r\nHi\r\n")
        site.events("full@example.net", 2)

        assert site.soft_count("full@example.net") == 1

    def test_an_alias(self, site: Site) -> None:
        """Log and report are about the address that was mailed, and count once."""
        site.send("asked@example.com", 1)
        wait(lambda: len(site.daemon.rows("history", "asked@example.com")) >= 2)

        assert site.soft_count("asked@example.com") == 1
        assert site.soft_count("full@example.net") == 0

    def test_a_delivery(self, site: Site) -> None:
        """It sets the count back, without a report of it."""
        for number in range(1, 4):
            site.send("full@example.net", number)
        site.events("full@example.net", 6)
        del site.answers["full"]
        site.send("full@example.net", 4)
        events = site.events("full@example.net", 7)

        assert (events[-1]["what"], events[-1]["effect"]) == ("delivered", "reset")
        assert site.soft_count("full@example.net") == 0

    def test_null_senders_and_our_own_address(self, site: Site) -> None:
        """Mail of the null sender is no mail of ours."""
        site.send("nobody@example.net", 1, sender="")
        site.send("full@example.net", 2)
        site.events("full@example.net", 2)

        assert site.daemon.rows("history", "nobody@example.net") == []
        assert site.daemon.rows("history", RETURN_PATH) == []

    def test_postfix_rotates_its_log(self, site: Site) -> None:
        """``postfix logrotate``, which compresses as well; nothing is missed, nothing twice."""
        for number in range(1, 4):
            site.send("full@example.net", number, "NOTIFY=NEVER")
            site.postfix._run("logrotate")
        site.send("full@example.net", 4, "NOTIFY=NEVER")
        site.events("full@example.net", 4)

        assert site.soft_count("full@example.net") == 4
        assert list(site.postfix.root.glob("log.*.gz"))


def mail(number: int) -> str:
    """Return the lines of one mail to a full mailbox; as many more mails are in between."""
    head = f"2026-11-01T00:{number // 60:02}:{number % 60:02}Z mail postfix/"
    to, queue_id = f"full{number % ADDRESSES}@example.net", f"4c{number:012}"
    said = f"host mx.example.net[192.0.2.1] said: 552 5.2.2 <{to}>: over quota"
    relay = "relay=mx.example.net[192.0.2.1]:25, delay=0.31, dsn=5.2.2"
    return "".join(
        f"{head}{line}\n"
        for line in (
            f"cleanup[2]: {queue_id}: message-id=<{number}@app.example.com>",
            f"qmgr[3]: {queue_id}: from=<bounces@example.com>, size=900, nrcpt=1 (queue active)",
            f"smtp[4]: {queue_id}: to=<{to}>, {relay}, status=bounced ({said})",
            f"qmgr[3]: {queue_id}: removed",
        )
    )


class Writer(threading.Thread):
    """Writes a log for some seconds and rotates it, in each way in turn."""

    def __init__(self, log: Path, seconds: float) -> None:
        super().__init__()
        self.log = log
        self.pause = seconds / MAILS
        self.random = random.Random(1)

    def run(self) -> None:
        """Write all mails; some lines come in two pieces."""
        for number in range(MAILS):
            text = mail(number)
            cut = self.random.randrange(len(text))
            for piece in (text[:cut], text[cut:]):
                with self.log.open("a") as file:
                    file.write(piece)
                time.sleep(self.pause / 2)
            if number % 120 == 119:
                self.rotate(number // 120)

    def rotate(self, number: int) -> None:
        """Rename, copy and truncate, or rename and compress."""
        rotated = self.log.with_name(f"mail.log-{number:03}")
        if number % 3 == 1:
            shutil.copy2(self.log, rotated)
            os.truncate(self.log, 0)
            return
        self.log.rename(rotated)
        self.log.touch()
        if number % 3 == 2:
            time.sleep(0.5)  # logrotate's delaycompress is a day
            with gzip.open(f"{rotated}.gz", "wb") as file:
                file.write(rotated.read_bytes())
            shutil.copystat(rotated, f"{rotated}.gz")
            rotated.unlink()


def test_kill_at_any_moment(tmp_path: Path) -> None:
    """Eight kills while a log is written and rotated: each of 1,500 rejections counts once."""
    log = tmp_path / "mail.log"
    log.touch()
    daemon = Daemon(tmp_path)
    settings = {"BOUNCED_POLICY_SOFT_LIMIT": "1000", "BOUNCED_POLICY_STORM_RECIPIENTS": "1000000"}
    writer = Writer(log, seconds=16)
    chance = random.Random(2)
    for _ in range(8):
        with following(daemon, log, **settings) as process:
            if not writer.ident:  # what was rotated before the first start is nobody's to read
                writer.start()
            time.sleep(chance.random())
            process.kill()
    writer.join()
    done = subprocess.run(
        [sys.executable, "-m", "bounced", "follow", "--once", str(log)],
        env={**daemon.environ, **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr

    rows = daemon.rows("list")
    assert {row["soft_count"] for row in rows} == {MAILS // ADDRESSES}
    assert len(rows) == ADDRESSES
    histories = [daemon.rows("history", f"full{number}@example.net") for number in (0, 25, 49)]
    assert {len(history) for history in histories} == {MAILS // ADDRESSES}
