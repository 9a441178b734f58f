"""kill -9 while mail comes in: what was answered 250 is there, and nothing counts twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from running import Daemon
from senders import Senders, mail, stored

pytestmark = pytest.mark.slow

MAILS = 500
KILLS = 5


def test_kill_under_load(tmp_path: Path, url: str) -> None:
    """Five kills during 500 deliveries lose nothing, and redelivery counts nothing twice."""
    with Daemon(tmp_path, url=url) as daemon:
        senders = Senders(
            [daemon.port], MAILS, lambda number: mail(number, f"full@host{number % 100}.test")
        )
        background = senders.start()
        for kill in range(1, KILLS + 1):
            senders.wait_for(kill * MAILS // (KILLS + 2))
            daemon.kill()
            answered = set(senders.answered)
            daemon.start()
            assert not answered - set(stored(url))
        background.join(timeout=90)

        assert len(senders.answered) == MAILS
        rows = daemon.rows("list")
        assert len(rows) == 100
        assert all(row["blocked"] for row in rows)
        histories = [daemon.rows("history", f"full@host{number}.test") for number in (0, 50, 99)]
        for history in histories:
            assert len([event for event in history if event["action"] == "failed"]) == 5
