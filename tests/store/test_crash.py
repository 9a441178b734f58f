"""A process may end at any moment; what was acknowledged is there afterwards."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import select

from bounced.store import Store, schema

# Brings messages to a writer for ever, and prints the fingerprint of each that is recorded.
_SCRIPT = """
import sys, threading
from datetime import UTC, datetime
from bounced.causes import Cause
from bounced.model import *
from bounced.policy import Policies, Settings
from bounced.store import Incoming, Store, Writer

policies = Policies(default=Settings(soft_limit=10**9))
store = Store.open(sys.argv[1], policies=policies, raw_retention=None)
writer = Writer(store)
writer.start()
recipient = RecipientStatus(address="joe@example.com", action=Action.FAILED)
verdict = Verdict(cause=Cause.MAILBOX_FULL, rule="test", evidence="over quota")
reading = Reading(
    report=Report(kind=Kind.BOUNCE, source="dsn"),
    judged=(Judged(recipient=recipient, verdict=verdict),),
)

def bring(sender):
    for number in range(10**9):
        name = f"{sys.argv[2]}-{sender}-{number}"
        writer.submit(Incoming(
            raw=name.encode() * 100, reading=reading, envelope=Envelope(),
            received_at=datetime(2026, 1, 1, tzinfo=UTC), fingerprint=name, queue_id=name,
            source="smtp",
        )).result()
        sys.stdout.write(name + chr(10))
        sys.stdout.flush()

for sender in range(8):
    threading.Thread(target=bring, args=(sender,), daemon=True).start()
threading.Event().wait()
"""


def _killed_mid_load(url: str, name: str, output: Path, octets: int) -> set[str]:
    """Let a process record until its output has a length, kill it, return what it acknowledged."""
    with output.open("wb") as sink:
        process = subprocess.Popen([sys.executable, "-c", _SCRIPT, url, name], stdout=sink)
        deadline = time.monotonic() + 30
        while output.stat().st_size < octets and time.monotonic() < deadline:
            time.sleep(0.001)
        process.kill()
        assert process.wait() == -signal.SIGKILL
    return set(output.read_text().split("\n")[:-1])


def test_killed_at_any_moment_nothing_acknowledged_is_lost(
    url: str, opened: Callable[..., Store], tmp_path: Path
) -> None:
    """Two at a time, twice: every acknowledged message is there, and each has counted once."""
    opened()
    acknowledged: set[str] = set()
    with ThreadPoolExecutor(2) as pool:
        runs = [
            pool.submit(_killed_mid_load, url, name, tmp_path / f"{name}.txt", octets)
            for name, octets in [("a", 500), ("b", 2500), ("c", 1500), ("d", 1000)]
        ]
        for one in runs:
            acknowledged |= one.result()

    store = opened()
    with store.database.read() as connection:
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        stored = set(connection.execute(select(schema.messages.c.fingerprint)).scalars())
        raw = connection.execute(select(schema.raw_messages.c.message_id)).scalars().all()
    state = store.state("joe@example.com")

    assert len(acknowledged) > 100
    assert acknowledged <= stored
    assert len(raw) == len(stored)
    assert state is not None
    assert state.soft_count == len(stored) == len(store.history("joe@example.com"))
