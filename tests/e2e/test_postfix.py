"""A real Postfix, a mailbox that does not exist, the daemon, and what the operator sees."""

from __future__ import annotations

import os
import smtplib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from postfix_instance import POSTFIX, Postfix
from running import Daemon, free_port, next_hop

pytestmark = [
    pytest.mark.postfix,
    pytest.mark.slow,
    pytest.mark.skipif(
        not os.environ.get("TEST_EVERYTHING") and (POSTFIX is None or os.geteuid() != 0),
        reason="needs Debian's Postfix and root",
    ),
]
RETURN_PATH = "bounces@bounces.example.com"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[Daemon, Postfix]]:
    """A daemon, and a Postfix that relays to a next hop and returns bounces to the daemon."""
    answers = {
        "nobody": "550 5.1.1 <nobody@example.net>: Recipient address rejected: User unknown",
        "full": "552 5.2.2 <full@example.net>: The mailbox is over its quota",
    }
    with Daemon(tmp_path) as daemon, next_hop(answers) as hop:
        settings = (
            f"transport_maps = inline:{{ bounces.example.com=smtp:[127.0.0.1]:{daemon.port} }}\n"
            f"default_transport = smtp:[127.0.0.1]:{hop}\n"
        )
        with Postfix(port=free_port(), settings=settings) as postfix:
            yield daemon, postfix


def send(postfix: Postfix, recipient: str, number: int, *options: str) -> None:
    """Hand one mail to Postfix and wait until it, and the report about it, are gone."""
    head = f"From: shop@example.com\r\nTo: {recipient}\r\nMessage-ID: <{number}@example.com>\r\n"
    text = f"{head}\r\nHi\r\n"
    before = postfix.log().count(": removed")
    with smtplib.SMTP("127.0.0.1", postfix.port) as client:
        client.sendmail(RETURN_PATH, [recipient], text, rcpt_options=list(options))
    deadline = time.monotonic() + 20
    while postfix.log().count(": removed") < before + 2:
        assert time.monotonic() < deadline, postfix.log()
        time.sleep(0.05)


def test_dead_address(site: tuple[Daemon, Postfix]) -> None:
    """Postfix's own report about a 550 5.1.1 blocks the address; rule and words are shown."""
    daemon, postfix = site
    send(postfix, "nobody@example.net", 1)

    done = daemon.run("check", "nobody@example.net")
    [row] = daemon.rows("check", "nobody@example.net")

    assert done.returncode == 1
    assert "blocked" in done.stdout
    assert "mailbox_unknown" in done.stdout
    assert "User unknown" in done.stdout
    assert (row["blocked"], row["cause"]) == (True, "mailbox_unknown")
    assert row["rule"]
    assert "User unknown" in row["evidence"]


def test_full_mailbox(site: tuple[Daemon, Postfix]) -> None:
    """Five mails to a full mailbox block on the fifth, and not before."""
    daemon, postfix = site
    for number in range(1, 6):
        [row] = daemon.rows("check", "full@example.net")
        assert (row["blocked"], row["soft_count"]) == (False, number - 1)
        send(postfix, "full@example.net", number)

    [row] = daemon.rows("check", "full@example.net")
    assert (row["blocked"], row["cause"]) == (True, "mailbox_full")


def test_delivery_in_between(tmp_path: Path) -> None:
    """A delivery that Postfix reports starts the count of soft failures anew."""
    answers = {"full": "552 5.2.2 <full@example.net>: The mailbox is over its quota"}
    with Daemon(tmp_path) as daemon, next_hop(answers) as hop:
        settings = (
            f"transport_maps = inline:{{ bounces.example.com=smtp:[127.0.0.1]:{daemon.port} }}\n"
            f"default_transport = smtp:[127.0.0.1]:{hop}\n"
        )
        with Postfix(port=free_port(), settings=settings) as postfix:
            for number in range(1, 5):
                send(postfix, "full@example.net", number)
            [row] = daemon.rows("check", "full@example.net")
            assert row["soft_count"] == 4

            quota = answers.pop("full")
            send(postfix, "full@example.net", 5, "NOTIFY=SUCCESS")
            [row] = daemon.rows("check", "full@example.net")
            assert (row["blocked"], row["soft_count"]) == (False, 0)

            answers["full"] = quota
            for number in range(6, 10):
                send(postfix, "full@example.net", number)
            [row] = daemon.rows("check", "full@example.net")
            assert (row["blocked"], row["soft_count"]) == (False, 4)
            send(postfix, "full@example.net", 10)
            [row] = daemon.rows("check", "full@example.net")
            assert row["blocked"]
