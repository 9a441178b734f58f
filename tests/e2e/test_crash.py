"""kill -9 while mail comes in: what was answered 250 is there, and nothing counts twice."""

from __future__ import annotations

import contextlib
import smtplib
import sqlite3
import threading
import time
from pathlib import Path

import pytest
from running import Daemon

pytestmark = pytest.mark.slow

MAILS = 500
SENDERS = 8
KILLS = 5


def mail(number: int) -> str:
    """Return a report that mailbox *number* of 100 is full; five mails each make a block."""
    recipient = f"full{number % 100}@example.net"
    return (
        "From: MAILER-DAEMON@mail.example.com\r\n"
        "To: bounces@example.com\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\n"
        f"Message-ID: <report-{number}@mail.example.com>\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mail.example.com\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: failed\r\nStatus: 5.2.2\r\n"
        f"Diagnostic-Code: smtp; 552 5.2.2 <{recipient}>: mailbox is full\r\n\r\n"
        "--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: <mail-{number}@example.com>\r\n\r\n--b--\r\n"
    )


class Senders:
    """Eight clients that send every mail until it is answered 250, as a queue does."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.waiting = list(range(MAILS))
        self.answered: set[int] = set()
        self.lock = threading.Lock()

    def run(self) -> None:
        """Send until nothing waits."""
        threads = [threading.Thread(target=self._work) for _ in range(SENDERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=90)

    def _work(self) -> None:
        while True:
            with self.lock:
                if not self.waiting:
                    return
                number = self.waiting.pop()
            try:
                with smtplib.SMTP("127.0.0.1", self.port, timeout=10) as client:
                    client.sendmail("", ["bounces@example.com"], mail(number))
                with self.lock:
                    self.answered.add(number)
            except (OSError, smtplib.SMTPException):
                time.sleep(0.05)
                with self.lock:
                    self.waiting.append(number)


def stored(daemon: Daemon) -> set[int]:
    """Return the numbers of the mails whose reports are in the database."""
    with contextlib.closing(sqlite3.connect(daemon.folder / "bounced.db")) as database:
        rows = database.execute("SELECT returned_message_id FROM reports").fetchall()
    return {int(name.removeprefix("<mail-").partition("@")[0]) for (name,) in rows}


def test_kill_under_load(tmp_path: Path) -> None:
    """Five kills during 500 deliveries lose nothing, and redelivery counts nothing twice."""
    with Daemon(tmp_path) as daemon:
        senders = Senders(daemon.port)
        background = threading.Thread(target=senders.run)
        background.start()
        for kill in range(1, KILLS + 1):
            while background.is_alive() and len(senders.answered) < kill * MAILS // (KILLS + 2):
                time.sleep(0.002)
            daemon.kill()
            answered = set(senders.answered)
            daemon.start()
            assert not answered - stored(daemon)
        background.join(timeout=90)

        assert len(senders.answered) == MAILS
        rows = daemon.rows("list")
        assert len(rows) == 100
        assert all(row["blocked"] for row in rows)
        histories = [daemon.rows("history", f"full{number}@example.net") for number in (0, 50, 99)]
        for history in histories:
            assert len([event for event in history if event["action"] == "failed"]) == 5
