"""``replay``: old mail counts as of when it came in, and once."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Call = Callable[..., Result]
Notice = Callable[..., Path]

FULL = "452 4.2.2 Mailbox full"


def _summary(call: Call, *arguments: str) -> dict[str, Any]:
    done = call("replay", "--json", *arguments)
    assert done.exit_code in (0, 3), done.output
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_a_summary_tells_kinds_causes_and_types(call: Call, notice: Notice) -> None:
    """Counted are all messages; blocked are the addresses that this run has blocked."""
    notice("nobody@example.com", name="in/1.eml")
    for day in range(1, 6):
        notice("full@example.net", FULL, name=f"in/full-{day}.eml", day=day)
    Path("in/human.eml").write_text("From: a@example.com\nSubject: Re: order\n\nThank you!\n")

    assert _summary(call, "in") == {
        "messages": 7,
        "recorded": 7,
        "known": 0,
        "bad": 0,
        "kinds": {"bounce": 6, "other": 1},
        "causes": {"mailbox_full": 5, "mailbox_unknown": 1},
        "types": {"soft": 5, "hard": 1},
        "blocked": ["full@example.net", "nobody@example.com"],
        "unconfirmed_storms": 0,
        "dry_run": False,
    }


def test_the_summary_reads_well(call: Call, notice: Notice) -> None:
    """A line for the whole, a count for each kind, cause and type, and what is blocked."""
    notice(name="in/1.eml")
    told = call("replay", "in").stdout

    assert told == (
        "1 message: 1 recorded, 0 known before, 0 unreadable\n"
        "\nbounce\t1\n\nmailbox_unknown\t1\n\nhard\t1\n\n1 address blocked\n"
    )


def test_a_second_run_changes_nothing(call: Call, notice: Notice) -> None:
    """The same messages are known, from whatever kind of place they come."""
    content = notice(name="in/1.eml").read_text()
    notice("full@example.net", FULL, name="in/2.eml")
    _summary(call, "in")
    before = call("list", "--json").stdout
    Path("mbox").write_text(f"From MAILER-DAEMON Sun Nov  1 09:00:00 2026\n{content}\n")
    again = _summary(call, "in", "mbox")

    assert (again["messages"], again["recorded"], again["known"]) == (3, 0, 3)
    assert again["blocked"] == []
    assert call("list", "--json").stdout == before


def test_the_time_of_a_message_is_its_own(call: Call, notice: Notice) -> None:
    """A failure of long ago is not taken for one of today."""
    notice(name="in/1.eml", day=7)
    call("replay", "in")

    (row,) = [json.loads(line) for line in call("list", "--json").stdout.splitlines()]
    assert row["since"] == "2026-11-07T09:00:00+00:00"


def test_the_bytes_of_an_old_message_are_kept_from_now_on(call: Call, notice: Notice) -> None:
    """An archive of last year can be judged anew for as long as today's mail."""
    notice(name="in/1.eml", day=7)
    call("replay", "in")

    with closing(sqlite3.connect("state/bounced.db")) as database:
        ((expires,),) = database.execute("SELECT expires_at FROM raw_messages").fetchall()
    left = datetime.fromisoformat(expires).replace(tzinfo=UTC) - datetime.now(UTC)
    assert timedelta(days=29) < left <= timedelta(days=30)


def test_a_dry_run_records_nothing(call: Call, notice: Notice) -> None:
    """It tells what each message would do, and the store is as it was."""
    copy = notice(name="in/1.eml").read_bytes()
    Path("in/2.eml").write_bytes(b"Received: by another.example.org; today\n" + copy)
    would = _summary(call, "--dry-run", "in")

    assert (would["recorded"], would["known"]) == (1, 1)
    assert would["blocked"] == ["nobody@example.com"]
    assert _summary(call, "in")["recorded"] == 1
    assert _summary(call, "--dry-run", "in")["known"] == 2


def test_a_dry_run_tells_what_each_message_would_do(call: Call, notice: Notice) -> None:
    """A line for each recipient; without a database none is made, and nobody is known yet."""
    copy = notice(name="in/1.eml").read_bytes()
    Path("in/2.eml").write_bytes(copy)
    Path("in/human.eml").write_text("From: a@example.com\nSubject: Re: order\n\nThank you!\n")
    told = call("replay", "--dry-run", "in").stdout

    assert told.splitlines()[:4] == [
        "in/1.eml: nobody@example.com blocked: hard failure (mailbox_unknown)",
        "in/2.eml: known before",
        "in/human.eml: other, nothing to count",
        "",
    ]
    shown = json.loads(call("replay", "--dry-run", "--json", "in").stdout.splitlines()[0])
    assert shown["would"] == [
        {
            "address": "nobody@example.com",
            "effect": "blocked",
            "why": "hard failure (mailbox_unknown)",
        }
    ]
    assert call("list").exit_code == 3


def test_a_bad_file_is_reported_and_the_rest_goes_on(run: Run, notice: Notice) -> None:
    """Each is named with its reason; what could be read is recorded; the code is 3."""
    folder = notice(name="in/9.eml").parent
    (folder / "empty.eml").touch()
    (folder / "picture.jpg").write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF\x00")
    done = run("replay", "--json", "away.eml", "in")

    assert done.returncode == 3
    assert done.stderr.splitlines() == [
        "bounced: away.eml: can't be read: No such file or directory",
        "bounced: in/empty.eml: not a mail message (it is empty)",
        "bounced: in/picture.jpg: not a mail message (no header field found)",
    ]
    summary = json.loads(done.stdout)
    assert (summary["recorded"], summary["bad"]) == (1, 3)


def test_an_mbox_comes_through_standard_input(call: Call, notice: Notice) -> None:
    """``zcat bounces.mbox.gz | bounced replay -``."""
    line = "From MAILER-DAEMON Sun Nov  1 09:00:00 2026\n"
    content = "".join(f"{line}{notice(f'{n}@example.com').read_text()}\n" for n in range(3))
    done = call("replay", "--json", "-", stdin=content)

    assert json.loads(done.stdout)["recorded"] == 3


def test_killed_in_the_middle_and_started_again_it_counts_nothing_twice(
    environ: dict[str, str], tmp_path: Path, run: Run, notice: Notice
) -> None:
    """After kill -9 between two commits a second run ends in the state of an undisturbed one."""
    for number in range(1_000):
        address = f"user{number % 300}@example.com"
        notice(address, FULL, name=f"in/{number:04}.eml", day=1 + number // 50)

    def states(folder: str) -> list[dict[str, Any]]:
        environ["STATE_DIRECTORY"] = str(tmp_path / folder)
        return [json.loads(line) for line in run("list", "--json").stdout.splitlines()]

    environ["STATE_DIRECTORY"] = str(tmp_path / "undisturbed")
    assert run("replay", "in").returncode == 0

    environ["STATE_DIRECTORY"] = str(tmp_path / "killed")
    with subprocess.Popen(
        [sys.executable, "-m", "bounced", "replay", "in"], env=environ, cwd=tmp_path
    ) as process:
        deadline = time.monotonic() + 60
        while _messages(tmp_path / "killed") == 0 and time.monotonic() < deadline:
            time.sleep(0.002)
        process.kill()
    done_before = _messages(tmp_path / "killed")
    summary = json.loads(run("replay", "--json", "in").stdout)

    assert 0 < done_before < 1_000
    assert (summary["known"], summary["recorded"]) == (done_before, 1_000 - done_before)
    assert states("killed") == states("undisturbed")


def _messages(folder: Path) -> int:
    """Return how many messages are committed so far; none where there is no table yet."""
    try:
        with sqlite3.connect(f"file:{folder}/bounced.db?mode=ro", uri=True) as database:
            return int(database.execute("SELECT count(*) FROM messages").fetchone()[0])
    except sqlite3.OperationalError:
        return 0
    finally:
        if "database" in locals():
            database.close()


def test_a_database_of_a_newer_version_is_left_alone(
    run: Run, notice: Notice, environ: dict[str, str]
) -> None:
    """Its revision is one that this version doesn't know: exit code 3, and nothing is written."""
    notice(name="in/1.eml")
    run("migrate")
    file = Path(environ["STATE_DIRECTORY"]) / "bounced.db"
    database = sqlite3.connect(file)
    with database:
        database.execute("UPDATE alembic_version SET version_num = 'ffff_the_future'")
    database.close()
    for arguments in (("replay", "in"), ("check", "a@example.org"), ("serve",), ("migrate",)):
        done = run(*arguments)

        assert done.returncode == 3
        assert "newer" in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["serve", "migrate", "replay"])
def test_a_state_directory_that_cant_be_written_is_told(
    environ: dict[str, str], tmp_path: Path, command: str
) -> None:
    """The complaint names the place; the reader here is a process without root's rights."""
    state = tmp_path / "state"
    state.mkdir(mode=0o555)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    code = (
        "import os, sys, alembic.command, sqlalchemy.dialects.sqlite\n"
        "from bounced import cli, daemon\n"
        "from bounced.cli import checking, replaying\n"
        "from bounced.classify import RuleBook\n"
        "RuleBook.builtin()\n"
        "if os.getuid() == 0: os.setgid(65534); os.setuid(65534)\n"
        "cli.main()"
    )
    arguments = [command, str(tmp_path)] if command == "replay" else [command]
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env={**environ, "STATE_DIRECTORY": str(state), "BOUNCED_LISTEN": "127.0.0.1:0"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 3
    assert str(state) in done.stderr
    assert "Traceback" not in done.stderr


def test_a_state_directory_that_is_a_file_is_told(run: Run, environ: dict[str, str]) -> None:
    """A place that can't be made into a folder is named."""
    Path(environ["STATE_DIRECTORY"]).touch()
    done = run("migrate")

    assert done.returncode == 3
    assert environ["STATE_DIRECTORY"] in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a terminal")
def test_on_a_terminal_there_is_a_bar_and_tables(
    environ: dict[str, str], tmp_path: Path, notice: Notice
) -> None:
    """The bar goes to standard error, with rate and time left; NO_COLOR is respected."""
    for number in range(5):
        notice(name=f"in/{number}.eml")
    controller, terminal = os.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "bounced", "replay", "in"],
        env={**environ, "TERM": "xterm", "NO_COLOR": "1"},
        cwd=tmp_path,
        stdout=terminal,
        stderr=terminal,
        stdin=terminal,
    ) as process:
        os.close(terminal)
        shown = _all_of(controller)
        assert process.wait(timeout=60) == 0

    assert "messages" in shown
    assert "a second" in shown
    assert "kind" in shown
    assert "\x1b[31m" not in shown


def _all_of(controller: int) -> str:
    shown = b""
    while True:
        try:
            shown += os.read(controller, 65_536)
        except OSError:  # the other side is closed
            os.close(controller)
            return shown.decode()


def test_many_that_are_refused_alike_are_told_of(call: Call, notice: Notice) -> None:
    """Nobody is blocked for that, though the first were until the others came."""
    Path("bounced.toml").write_text("policy.hard_storm_recipients = 20\n")
    for number in range(160):
        notice(f"u{number}@example.com", name=f"in/{number:03}.eml")
        notice(f"v{number}@n{number}.example", name=f"in/v{number:03}.eml")

    said = call("replay", "in").stdout.splitlines()

    assert said[-2:] == [
        "160 addresses blocked",
        "1 storm of refusals, which block nobody until confirmed: bounced storms",
    ]
