"""``bounced follow`` as it is typed."""

from __future__ import annotations

import json
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Call = Callable[..., Result]
Run = Callable[..., "subprocess.CompletedProcess[str]"]
MX = "relay=mx.example.net[192.0.2.1]:25, delay=1, delays=0/0/1/0"
NO = "host mx.example.net[192.0.2.1] said: 550 5.1.1 <nobody@example.net>: User unknown"
MAIL = "".join(
    f"2026-11-01T09:00:0{second}Z mail postfix/{said}\n"
    for second, said in enumerate(
        (
            "cleanup[1]: {id}: message-id=<{id}@app.example.org>",
            "qmgr[2]: {id}: from=<news@example.org>, size=9, nrcpt=2 (queue active)",
            f"smtp[3]: {{id}}: to=<anna@example.net>, {MX}, dsn=2.0.0, status=sent (250 Ok)",
            f"smtp[3]: {{id}}: to=<nobody@example.net>, {MX}, dsn=5.1.1, status=bounced ({NO})",
            "qmgr[2]: {id}: removed",
        )
    )
)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Return a log of one mail: one recipient has it, the other does not exist."""
    path = tmp_path / "mail.log"
    path.write_text(MAIL.format(id="ABCDE0"))
    return path


def test_the_sums(call: Call, log: Path) -> None:
    """What was read, and what of it counted; the next run has nothing to do."""
    first, second = call("follow", "--once", str(log)), call("follow", "--once", str(log))

    assert first.exit_code == 0
    assert first.stdout == "5 lines: 1 delivered, 1 rejected, 0 known before\n"
    assert second.stdout == "0 lines: 0 delivered, 0 rejected, 0 known before\n"
    assert call("check", "nobody@example.net").exit_code == 1
    assert "postfix" in call("history", "--json", "nobody@example.net").stdout


def test_json_has_a_line_for_each_recipient(run: Run, log: Path) -> None:
    """With verdict and decision; what was known before says so."""
    first, second = (
        [json.loads(line) for line in done.stdout.splitlines()]
        for done in (run("follow", "-", "--json", stdin=log.read_text()) for _ in range(2))
    )

    assert [(one["address"], one["what"], one["effect"]) for one in first] == [
        ("anna@example.net", "delivered", "recorded"),
        ("nobody@example.net", "failed", "blocked"),
    ]
    assert (first[1]["cause"], first[1]["smtp_code"]) == ("mailbox_unknown", 550)
    assert [one["known"] for one in (first[1], second[1])] == [False, True]


def test_streams(call: Call, run: Run, log: Path, tmp_path: Path) -> None:
    """The sender's, as the settings have it; or the one that is named."""
    (tmp_path / "bounced.toml").write_text('[streams.news]\naddresses = ["news@example.org"]\n')
    call("follow", "--once", str(log))
    run("follow", "-", "--stream", "other", stdin=MAIL.format(id="ABCDE1"))

    for stream in ("news", "other"):
        assert call("check", "nobody@example.net", "--stream", stream).exit_code == 1
    assert call("check", "nobody@example.net").exit_code == 0


def test_mail_of_other_senders(call: Call, log: Path, tmp_path: Path) -> None:
    """Where ``accept`` says which return paths are ours, nobody else's mail counts."""
    (tmp_path / "bounced.toml").write_text('accept = ["@bounces.example.org"]\n')
    done = call("follow", "--once", str(log))

    assert done.stdout == "5 lines: 0 delivered, 0 rejected, 0 known before, 2 other sender\n"


def test_a_relay_that_only_passes_on(call: Call, log: Path) -> None:
    """By option; what it took has not arrived."""
    done = call("follow", "--once", "--relay-only", "mx.example.net", str(log))

    assert done.stdout == "5 lines: 0 delivered, 1 rejected, 0 known before, 1 passed on\n"


def test_no_log(call: Call) -> None:
    """It says which file is missing and what else there may be."""
    done = call("follow", "--once", "nowhere.log")

    assert done.exit_code == 3
    assert done.stderr.splitlines()[-1] == (
        "bounced: there is no nowhere.log; name the mail log, or --journal where it is there"
    )


def test_the_place_is_this_machines(call: Call, log: Path, tmp_path: Path) -> None:
    """Two machines with one database each have their own log, by the same name."""
    call("follow", "--once", str(log))

    with sqlite3.connect(tmp_path / "state" / "bounced.db") as database:
        names = database.execute("SELECT name FROM followed").fetchall()
    database.close()
    assert names == [(f"{socket.gethostname()}:{log}",)]


def test_sigterm(environ: dict[str, str], log: Path, tmp_path: Path) -> None:
    """It ends at once, with the sums and exit code 0, and the place is saved."""
    command = [sys.executable, "-m", "bounced", "follow", str(log)]
    with subprocess.Popen(
        command,
        env=environ,
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        while "blocked" not in process.stderr.readline():
            assert process.poll() is None
        start = time.monotonic()
        process.terminate()
        out, _ = process.communicate(timeout=10)

    assert process.returncode == 0
    assert time.monotonic() - start < 2
    assert out == "5 lines: 1 delivered, 1 rejected, 0 known before\n"
