"""The clock goes back by a day, and forward again, under load: every failure counts once, in order.

    python drills/clock.py

Needs a C compiler.  The daemon's clock is set off through a library that stands before the system's
(faults.c).  The fifth failure of an address blocks it, whatever the clock has said of the four
before; look-ups answer meanwhile, a block is lifted and set again, and nothing is lost.
"""

from __future__ import annotations

import smtplib
import tempfile
from pathlib import Path

import common
from common import Daemon, Table, compare, load, wait_until
from senders import effects, mail
from shim import Shim

DAY = 86_400


def send(daemon: Daemon, number: int, address: str) -> None:
    """Send one report about an address."""
    with smtplib.SMTP("127.0.0.1", daemon.port, timeout=30) as client:
        client.sendmail("", ["bounces@example.com"], mail(number, address))


def under_load(table: Table, folder: Path, shim: Shim) -> None:
    """Turn the clock while mail comes in, and kill the daemon in between."""
    url = f"sqlite:///{folder}/bounced.db"
    daemon = Daemon(folder, also=common.UNLIMITED | shim.environ, url=url)
    with daemon, load([daemon.port]) as senders:
        for offset in (-DAY, 0, DAY, -DAY, 0):
            shim.set(clock=offset)
            answered = len(senders.answered)
            wait_until(lambda: len(senders.answered) > answered + 50, 60)  # noqa: B023 -- at once
            daemon.kill()
            daemon.start()
    found = compare(senders.answered, url)
    table.row(
        "a day back, and forward, and kill -9",
        *(found.acknowledged, len(senders.deferred)),
        *(found.lost, found.doubled, found.damaged),
        passed=not found.fault and not senders.deferred,
    )


def decisions(table: Table, folder: Path, shim: Shim) -> None:
    """Send two failures today and three yesterday, in this order: the fifth blocks.

    An operator can lift that, and then the address starts clean.
    """
    url = f"sqlite:///{folder}/bounced.db"
    with Daemon(folder, also={**shim.environ}, url=url) as daemon:
        for number in range(2):
            send(daemon, number, "joe@example.com")
        shim.set(clock=-DAY)
        for number in range(2, 5):
            send(daemon, number, "joe@example.com")
        did = effects(daemon, "joe@example.com")
        blocked = [row["blocked"] for row in daemon.rows("check", "joe@example.com")]
        daemon.run("unblock", "joe@example.com", "--reason", "drill")
        lifted = [row["blocked"] for row in daemon.rows("check", "joe@example.com")]
        for number in range(5, 9):
            send(daemon, number, "joe@example.com")
        after = effects(daemon, "joe@example.com")[-4:]
        told = daemon.run("doctor").stdout
    expected = ["counted"] * 4 + ["blocked"]
    table.row(
        "five failures over the turn of the clock",
        *(9, 0, 0, 0, 0),
        passed=did == expected
        and blocked == [True]
        and lifted == [False]
        and after == ["counted"] * 4
        and "clock" in told,
    )


def main() -> None:
    """Hold both."""
    table = Table("answered", "refused", "lost", "doubled", "damaged")
    for drill in (under_load, decisions):
        with tempfile.TemporaryDirectory(prefix="drill-") as folder:
            drill(table, Path(folder), Shim(Path(folder)))
    table.end()


if __name__ == "__main__":
    main()
