"""The operator's own rule files: found, read, refused."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from bounced.config import load, rulebook
from bounced.errors import RuleError

STATE = {"STATE_DIRECTORY": "/var/lib/bounced"}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every test runs in an empty folder."""
    monkeypatch.chdir(tmp_path)


RULE = """
[[rule]]
id = "own.test"
cause = "{cause}"
pattern = '{pattern}'
source = "our own provider"
example = "550 no dice today"
"""


def _rule_file(cause: str = "mailbox_full", pattern: str = "no dice") -> None:
    Path("rules").mkdir()
    Path("rules/own.toml").write_text(RULE.format(cause=cause, pattern=pattern))
    Path("bounced.toml").write_text('[rules]\nfiles = ["rules/*.toml"]')


def test_rule_files_lie_beside_the_file_that_names_them(tmp_path: Path) -> None:
    """A relative name is looked for beside the settings, wherever the command is started."""
    _rule_file()
    os.chdir("/")
    files = load(tmp_path / "bounced.toml", STATE).rules.files

    assert list(rulebook.find(files)) == [tmp_path / "rules" / "own.toml"]
    assert rulebook.load(files).rules[0].id == "own.test"


def test_an_unknown_cause_in_a_rule_file_stops_the_start() -> None:
    """The complaint names the file, the rule, and the nearest known cause."""
    _rule_file(cause="mailbox_ful")

    with pytest.raises(RuleError, match=r"own\.toml.*own\.test.*mailbox_ful.*mailbox_full"):
        rulebook.load(load(None, STATE).rules.files)


def test_a_bad_pattern_in_a_rule_file_stops_the_start() -> None:
    """The complaint names the file, the rule, and what is wrong with the pattern."""
    _rule_file(pattern="no dice(")

    with pytest.raises(RuleError, match=r"own\.toml.*own\.test.*pattern"):
        rulebook.load(load(None, STATE).rules.files)


@pytest.mark.parametrize(
    ("content", "expected"),
    [(None, "can't be read: No such file"), (b"\xff", "is not UTF-8"), (b"x =", "is not TOML")],
)
def test_a_rule_file_that_cant_be_read_stops_the_start(
    content: bytes | None, expected: str
) -> None:
    """A file without a wildcard must be there and must be TOML."""
    if content is not None:
        Path("own.toml").write_bytes(content)

    with pytest.raises(RuleError, match=rf"^own\.toml: {re.escape(expected)}"):
        rulebook.load(["own.toml"])
