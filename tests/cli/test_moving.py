"""Suppression lists on the command line: import, export, and what they say."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from typer.testing import Result

Run = Callable[..., "CompletedProcess[str]"]
Call = Callable[..., Result]

LIST = """\
email,reason,created
dead@example.org,550 5.1.1 no such user,2024-03-04
angry@example.org,spam,2024-03-04
full@example.org,552 5.2.2 mailbox full,2024-03-04
later@example.org,soft bounce,2024-03-04
"""


@pytest.fixture
def a_list(tmp_path: Path) -> Path:
    """Return a list with two addresses to block and two that are soft."""
    path = tmp_path / "bounces.csv"
    path.write_text(LIST)
    return path


def _json(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_an_import_blocks_and_says_what_it_did(call: Call, a_list: Path) -> None:
    """How many, for which causes, and what it left out and why."""
    done = call("import", "--who", "ann", str(a_list))

    assert done.exit_code == 0
    assert done.stdout == (
        "4 entries: 2 blocked, 0 blocked already, 0 older than what is known here, "
        "0 imported before, 2 skipped, 0 unreadable\n\n"
        "complaint\t1\nmailbox_unknown\t1\n\n"
        "soft by our rules: mailbox_full\t1\nsoft bounce\t1\n"
    )
    assert call("check", "dead@example.org").stdout.startswith(
        "dead@example.org: blocked since 2024-03-04, mailbox_unknown (hard), imported by ann: on "
        "the list of bounces.csv: bounced, by rule "
    )
    assert call("check", "full@example.org").exit_code == 0


def test_importing_again_changes_nothing(call: Call, a_list: Path) -> None:
    """All is imported before."""
    call("import", str(a_list))
    before = call("export", "--all").stdout

    (summary,) = _json(call("import", "--json", str(a_list)))
    assert (summary["blocked"], summary["known"]) == (0, 2)
    assert call("export", "--all").stdout == before


def test_a_dry_run_shows_the_difference_and_makes_nothing(
    call: Call, a_list: Path, environ: dict[str, str]
) -> None:
    """Each address that would change; without a database every address is a new one."""
    done = call("import", "--dry-run", "--json", "--source", "old", str(a_list))

    *would, summary = _json(done)
    assert [(one["address"], one["effect"], one["cause"]) for one in would] == [
        ("angry@example.org", "blocked", "complaint"),
        ("dead@example.org", "blocked", "mailbox_unknown"),
    ]
    assert summary["dry_run"] is True
    assert "so every address is taken for a new one" in done.stderr
    assert not Path(environ["STATE_DIRECTORY"]).exists()

    call("import", "--source", "old", str(a_list))
    (summary,) = _json(call("import", "--dry-run", "--json", "--source", "old", str(a_list)))
    assert summary["known"] == 2


def test_a_person_is_shown_a_hundred_addresses_of_a_dry_run(call: Call, tmp_path: Path) -> None:
    """And how many more there are."""
    (tmp_path / "long.txt").write_text("".join(f"u{n}@example.org\n" for n in range(150)))

    lines = call("import", "--dry-run", "long.txt").stdout.splitlines()
    assert sum("@example.org: blocked since" in line for line in lines) == 100
    assert "and 50 more, which --json shows" in lines


def test_a_bad_line_is_told_and_the_exit_code_is_three(call: Call, tmp_path: Path) -> None:
    """The good ones are imported."""
    (tmp_path / "list.csv").write_text("email,created\nfoo,\na@example.org,2024-03-04\n")
    done = call("import", "list.csv")

    assert done.exit_code == 3
    assert done.stderr == "bounced: list.csv: line 2: 'foo' is no mail address\n"
    assert call("check", "a@example.org").exit_code == 1


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("nofile.csv", None, "nofile.csv: can't be read: No such file or directory"),
        ("no.csv", b"name;age\nAnn;7\n", "no.csv: no column with addresses: the first line"),
        ("no.json", b"[1,", "no.json: is no JSON: "),
        ("folder", b"", "folder: can't be read: Is a directory"),
    ],
)
def test_what_is_no_list_is_told_in_one_line(
    call: Call, tmp_path: Path, name: str, text: bytes | None, said: str
) -> None:
    """With the exit code of a failure."""
    if name == "folder":
        (tmp_path / name).mkdir()
    elif text is not None:
        (tmp_path / name).write_bytes(text)
    done = call("import", name)

    assert done.exit_code == 3
    assert done.stderr.startswith(f"bounced: {said}")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("audience.csv", "Email Address,First Name\na@example.org,Ann\nb@example.org,Bob\n"),
        ("audience.jsonl", '{"email": "a@example.org", "name": "Ann"}\n' * 3),
    ],
)
def test_an_export_of_contacts_is_refused(call: Call, tmp_path: Path, name: str, text: str) -> None:
    """Nobody is blocked by it, unless a cause is given."""
    (tmp_path / name).write_text(text)
    done = call("import", name)

    assert done.exit_code == 3
    assert done.stderr.startswith(f"bounced: {name}: none of its columns says why")
    assert done.stderr.count("\n") == 1
    assert call("check", "a@example.org").exit_code == 0
    assert call("import", "--cause", "suppressed", name).exit_code == 0
    assert call("check", "a@example.org").exit_code == 1


def test_who_is_fine_by_the_lists_own_words_is_skipped(call: Call, tmp_path: Path) -> None:
    """The summary says which words."""
    (tmp_path / "all.csv").write_text(
        "email,status\na@example.org,subscribed\nb@example.org,cleaned\n"
    )
    done = call("import", "all.csv")

    assert done.exit_code == 0
    assert 'says "subscribed", which blocks nobody\t1\n' in done.stdout
    assert call("check", "a@example.org").exit_code == 0
    assert call("check", "b@example.org").exit_code == 1


def test_a_spreadsheets_utf_16_is_read(call: Call, tmp_path: Path) -> None:
    """It has a mark at its beginning; bytes that are no text make a bad line."""
    (tmp_path / "wide.csv").write_bytes("email\nä@example.org\n".encode("utf-16"))
    assert call("import", "wide.csv").exit_code == 0
    assert call("check", "ä@example.org").exit_code == 1

    (tmp_path / "latin.csv").write_bytes("email\nö@example.org\n".encode("latin-1"))
    assert "is not UTF-8 text; save the list as UTF-8" in call("import", "latin.csv").stderr


def test_an_export_goes_through_a_pipe_into_an_import(
    run: Run, a_list: Path, environ: dict[str, str], tmp_path: Path
) -> None:
    """Another database then holds the same blocks."""
    run("import", str(a_list))
    run("block", "@example.com", "--reason", "=gone", "--cause", "suppressed")
    for form in ("csv", "jsonl"):
        environ["STATE_DIRECTORY"] = str(tmp_path / "state")
        exported = run("export", "--format", form).stdout
        environ["STATE_DIRECTORY"] = str(tmp_path / form)
        assert run("import", "-", stdin=exported).returncode == 0
        again = run("export", "--format", form).stdout
        assert _blocks(again, form) == _blocks(exported, form)


def _blocks(text: str, form: str) -> list[tuple[str, ...]]:
    rows = (
        list(csv.DictReader(text.splitlines()))
        if form == "csv"
        else [json.loads(line) for line in text.splitlines()]
    )
    assert len(rows) == 3
    return [tuple(row[name] for name in ("address", "since", "cause", "rule")) for row in rows]


def test_an_export_replaces_a_file_when_it_is_whole(
    call: Call, a_list: Path, tmp_path: Path
) -> None:
    """For the owner alone; where it can't be written the old one stays."""
    call("import", str(a_list))
    target = tmp_path / "blocked.csv"
    target.write_text("old")

    assert call("export", "--domain", "example.org", "--output", "blocked.csv").exit_code == 0
    assert target.read_text().count("example.org") >= 2
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".blocked")] == []
    missing = call("export", "--output", "nowhere/blocked.csv")
    assert missing.exit_code == 3
    assert missing.stderr == (
        "bounced: nowhere/blocked.csv: can't be written: No such file or directory\n"
    )


def test_an_export_has_the_filters_of_list(call: Call, a_list: Path) -> None:
    """Who is blocked, or all."""
    call("import", str(a_list))
    call("delivered", "fine@example.net")

    def addresses(*options: str) -> list[str]:
        text = call("export", "--format", "jsonl", *options).stdout
        return [json.loads(line)["address"] for line in text.splitlines()]

    assert addresses() == ["angry@example.org", "dead@example.org"]
    assert addresses("--cause", "complaint") == ["angry@example.org"]
    assert addresses("--domain", "example.net") == []
    assert addresses("--stream", "news") == []


def test_a_killed_import_goes_on_when_started_again(
    tmp_path: Path, environ: dict[str, str], call: Call
) -> None:
    """What was committed stays, nothing is there twice, and nothing is missing."""
    count = 30_000
    text = "email,created\n" + "".join(f"u{n}@example.org,2024-03-04\n" for n in range(count))
    (tmp_path / "long.csv").write_text(text)
    command = [sys.executable, "-m", "bounced", "import", "long.csv"]
    database = Path(environ["STATE_DIRECTORY"])
    process = subprocess.Popen(command, env=environ, cwd=tmp_path, stdout=subprocess.DEVNULL)
    while process.poll() is None and _size(database) < 8_000_000:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL

    (summary,) = _json(call("import", "--json", "long.csv"))
    assert summary["known"] > 0
    assert summary["known"] + summary["blocked"] == count
    assert call("export").stdout.count("@example.org") == count


def _size(folder: Path) -> int:
    return sum(one.stat().st_size for one in folder.glob("*")) if folder.exists() else 0


def test_others_write_while_a_list_is_imported(
    tmp_path: Path, environ: dict[str, str], run: Run
) -> None:
    """Mail goes on coming in; nobody is told that the database is locked."""
    (tmp_path / "long.txt").write_text("".join(f"u{n}@example.org\n" for n in range(40_000)))
    command = [sys.executable, "-m", "bounced", "import", "long.txt"]
    run("migrate")
    process = subprocess.Popen(command, env=environ, cwd=tmp_path, stdout=subprocess.DEVNULL)
    done = 0
    while process.poll() is None:
        why = ["--reason", f"test {done}"]
        assert run("block", f"live{done}@example.net", *why).stderr == ""
        done += 1

    assert process.wait() == 0
    assert done > 1
    listed = run("export").stdout
    assert listed.count("@example.org") == 40_000
    assert listed.count("@example.net") == done


def test_an_interrupted_import_says_how_to_go_on(tmp_path: Path, environ: dict[str, str]) -> None:
    """Ctrl-C ends it with 130 and one line."""
    text = "".join(f"u{n}@example.org\n" for n in range(150_000))
    (tmp_path / "long.txt").write_text(text)
    command = [sys.executable, "-m", "bounced", "import", "long.txt"]
    process = subprocess.Popen(
        command,
        env=environ,
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        stdout=subprocess.DEVNULL,
    )
    while process.poll() is None and _size(Path(environ["STATE_DIRECTORY"])) < 8_000_000:
        time.sleep(0.01)
    said = ""
    while process.poll() is None:  # Python loses one that comes while it cleans up an object
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            _, said = process.communicate(timeout=3)

    assert process.returncode == 130
    assert said.startswith("bounced: stopped after ")
    assert said.endswith("stays and does not count twice\n")


def test_an_import_whose_reader_is_killed_is_no_whole_one(
    tmp_path: Path, environ: dict[str, str], run: Run
) -> None:
    """It ends with 3 and says so; started again it takes in the rest."""
    count = 120_000
    (tmp_path / "long.txt").write_text("".join(f"u{n}@example.org\n" for n in range(count)))
    process = subprocess.Popen(
        [sys.executable, "-m", "bounced", "import", "long.txt"],
        env=environ,
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        stdout=subprocess.DEVNULL,
    )
    while process.poll() is None and _size(Path(environ["STATE_DIRECTORY"])) < 2_000_000:
        time.sleep(0.01)
    (reader,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(reader), signal.SIGKILL)
    _, said = process.communicate(timeout=60)

    assert process.returncode == 3
    stopped, why = said.splitlines()
    assert stopped.startswith("bounced: stopped after ")
    assert why.startswith("bounced: long.txt: not read to its end: ")
    (summary,) = map(json.loads, run("import", "--json", "long.txt").stdout.splitlines())
    assert summary["known"] > 0
    assert summary["known"] + summary["blocked"] == count
