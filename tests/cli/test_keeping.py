"""``doctor``, ``backup`` and ``restore``, as they are typed."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

Call = Callable[..., Result]


def listening() -> str:
    """Return an environment's listener on a port that is free."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return f"127.0.0.1:{server.getsockname()[1]}"


def test_the_doctor_finds_nothing_on_a_fresh_machine(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is there yet, and nothing is wrong; nothing is made either."""
    monkeypatch.setenv("BOUNCED_LISTEN", listening())
    done = call("doctor")

    assert done.exit_code == 0
    assert done.stdout.splitlines()[-1] == "all is well"
    assert "is not there yet; `bounced serve` makes it" in done.stdout
    assert not Path("state").exists()


def test_the_doctor_says_what_is_wrong_and_what_to_do(call: Call, tmp_path: Path) -> None:
    """A database that is none: one line that is bad, one with advice, exit code 1."""
    state = tmp_path / "state"
    state.mkdir()
    (state / "bounced.db").write_text("Dear Sir or Madam\n" * 1000)
    done = call("doctor", "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    bad = [row for row in rows if row["grade"] == "bad" and row["check"] == "database"]

    assert done.exit_code == 1
    assert set(rows[0]) == {"check", "grade", "found", "advice"}
    assert any("is no SQLite database" in row["found"] for row in bad)
    assert any("restore a backup" in row["advice"] for row in bad)


def test_the_doctor_tells_of_every_wrong_setting(call: Call, tmp_path: Path) -> None:
    """With its line, and what to write; there is nothing else to look at then."""
    (tmp_path / "bounced.toml").write_text('accept = []\nlog = { level = "loud" }\n')
    done = call("doctor")

    assert done.exit_code == 1
    assert "bounced.toml:1: " in done.stdout
    assert "bounced.toml:2: " in done.stdout
    assert done.stdout.splitlines()[-1] == "2 bad, 0 to look at"


def test_a_backup_is_made_and_restored(call: Call, tmp_path: Path) -> None:
    """And what came after it is gone, in the database that was put aside."""
    call("block", "joe@example.com", "--reason", "test")
    made = call("backup", "copy.db")
    call("block", "late@example.com", "--reason", "test")
    again = call("backup", "copy.db")
    restored = call("restore", "copy.db", "--json")

    assert made.exit_code == 0, made.output
    assert "is in copy.db" in made.stdout
    assert again.exit_code == 3
    assert "is there already, and is not overwritten" in again.stderr
    assert call("check", "joe@example.com").exit_code == 1
    assert call("check", "late@example.com").exit_code == 0
    assert Path(json.loads(restored.stdout)["replaced"]).exists()
    assert json.loads(call("backup", "copy.db", "--replace", "--json").stdout)["octets"] > 0
