"""Clients that send every mail until it is answered 250, as a queue does."""

from __future__ import annotations

import contextlib
import smtplib
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from running import Daemon
from sqlalchemy import select

from bounced.policy import Policies
from bounced.store import Store, schema

_FULL = ("5.2.2", "552 5.2.2 <{0}>: mailbox is full")


def mail(number: int, recipient: str, said: tuple[str, str] = _FULL) -> str:
    """Return the report that mail *number* to a recipient has failed."""
    status, words = said
    return (
        "From: MAILER-DAEMON@mail.example.com\r\n"
        "To: bounces@example.com\r\n"
        "Subject: Undelivered Mail Returned to Sender\r\n"
        f"Message-ID: <report-{number}@mail.example.com>\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mail.example.com\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: failed\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; {words.format(recipient)}\r\n\r\n"
        "--b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: <mail-{number}@example.com>\r\n\r\n--b--\r\n"
    )


@dataclass
class Senders:
    """Sends mails 0 to ``mails`` - 1, each to one of the ports in turn, whichever answers 250.

    Without a number of ``mails`` it sends until it is told to stop, and then what still waits.
    """

    ports: Sequence[int]
    mails: int | None
    make: Callable[[int], str]
    senders: int = 8
    answered: set[int] = field(default_factory=set)
    deferred: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    waiting: list[int] = field(default_factory=list)
    begun: int = 0
    given_up: bool = False
    patience: float = 90.0
    _stopped: float | None = None

    def start(self) -> threading.Thread:
        """Send until nothing waits, in the background."""
        thread = threading.Thread(target=self.run)
        thread.start()
        return thread

    def run(self) -> None:
        """Send until nothing waits, or ``patience`` seconds after there are no new mails."""
        if self.mails is not None:
            self._stopped = time.monotonic()
        threads = [
            threading.Thread(target=self._work, args=(number,)) for number in range(self.senders)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            while thread.is_alive() and not self._overdue():
                thread.join(timeout=0.1)

    def _overdue(self) -> bool:
        stopped = self._stopped
        return stopped is not None and time.monotonic() > stopped + self.patience

    def stop(self) -> None:
        """Begin no new mail; what waits is sent."""
        with self.lock:
            self.mails = self.begun
            self._stopped = time.monotonic()

    def give_up(self) -> None:
        """Begin no new mail, and send no more of those that wait."""
        with self.lock:
            self.given_up = True
            self._stopped = time.monotonic()

    def wait_for(self, answered: int) -> None:
        """Return when so many mails have been answered 250."""
        deadline = time.monotonic() + 60
        while len(self.answered) < answered:
            assert time.monotonic() < deadline
            time.sleep(0.002)

    def _work(self, turn: int) -> None:
        while (number := self._next()) is not None:
            turn += 1
            try:
                port = self.ports[turn % len(self.ports)]
                with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
                    client.sendmail("", ["bounces@example.com"], self.make(number))
                with self.lock:
                    self.answered.add(number)
            except (OSError, smtplib.SMTPException) as error:
                time.sleep(0.05)
                with self.lock:
                    if isinstance(error, smtplib.SMTPDataError):
                        self.deferred.append(f"{error.smtp_code} {error.smtp_error!r}")
                    self.waiting.append(number)

    def _next(self) -> int | None:
        """Return a mail that waits, or one more; ``None`` at the end."""
        with self.lock:
            if self.given_up:
                return None
            if self.waiting:
                return self.waiting.pop()
            if self.begun == self.mails:
                return None
            self.begun += 1
            return self.begun - 1


def stored(url: str) -> list[int]:
    """Return the number of each mail whose report is in the database."""
    store = Store.open(url, policies=Policies(), raw_retention=None, read_only=True)
    with contextlib.closing(store), store.database.read() as connection:
        names = connection.execute(select(schema.reports.c.returned_message_id)).scalars()
        return [int(name.removeprefix("<mail-").partition("@")[0]) for name in names]


def effects(daemon: Daemon, address: str) -> list[str]:
    """Return what each event of an address did, in the order in which they were judged."""
    store = Store.open(
        daemon.environ["BOUNCED_STORE_URL"],
        policies=Policies(),
        raw_retention=None,
        read_only=True,
    )
    with contextlib.closing(store), store.database.read() as connection:
        table = schema.events.c
        query = select(table.effect).where(table.key == address).order_by(table.id)
        return list(connection.execute(query).scalars())
