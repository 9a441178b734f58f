"""The file of tokens."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from bounced.errors import ConfigError
from bounced.web import tokens

HASH = hashlib.sha256(b"secret").hexdigest()


def _written(folder: Path, text: str, mode: int = 0o600) -> Path:
    file = folder / "tokens"
    file.write_text(text)
    file.chmod(mode)
    return file


def test_a_token_is_found_by_its_secret_alone(tmp_path: Path) -> None:
    """Comments and blank lines are nothing; of two lines with one name both are good."""
    old, new = tokens.new("shop", "read"), tokens.new("shop", "write")
    file = _written(tmp_path, f"# ours\n\n{old[0]}  # until May\n{new[0]}\n")
    read = tokens.load(file)

    assert (read.find(old[1].encode()), read.find(new[1].encode())) == (old[0], new[0])
    assert read.find(old[0].sha256.encode()) is None
    assert read.find(b"") is None
    assert old[1] not in file.read_text()


def test_to_write_is_to_read_as_well() -> None:
    """And not the other way round."""
    read, write = tokens.new("a", "read")[0], tokens.new("a", "write")[0]
    assert [read.may("read"), read.may("write")] == [True, False]
    assert [write.may("read"), write.may("write")] == [True, True]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "holds no token; make one with: bounced token NAME --scope read >> "),
        ("# none\n", "holds no token"),
        (f"\nshop admin {HASH}\n", "tokens:2: is not `NAME read|write SHA256`"),
        ("shop read secret\n", "tokens:1: is not"),
        (f"shop read {HASH} x\n", "tokens:1: is not"),
        (f"sh/op read {HASH}\n", "tokens:1: is not"),
        (f"a read {HASH}\nb write {HASH}\n", "tokens:2: has the token of a line above"),
        ("café read x\n", "is not ASCII text"),
    ],
)
def test_a_file_that_is_wrong(tmp_path: Path, text: str, words: str) -> None:
    """It is refused with its line and what to do, and shows nothing of what stands there."""
    with pytest.raises(ConfigError) as raised:
        tokens.load(_written(tmp_path, text))

    assert words in str(raised.value)
    assert HASH not in str(raised.value)


@pytest.mark.parametrize("mode", [0o604, 0o620, 0o602, 0o644])
def test_a_file_that_others_can_read_or_change(tmp_path: Path, mode: int) -> None:
    """It is refused with the command that mends it; a group may read it."""
    file = _written(tmp_path, f"shop read {HASH}\n", mode)
    with pytest.raises(ConfigError, match=r"run: chmod g-w,o= .*/tokens$"):
        tokens.load(file)
    file.chmod(0o640)
    assert len(tokens.load(file)) == 1


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """Which file, why, and which setting; and where none is named, how to begin."""
    with pytest.raises(ConfigError, match=r"^http\.tokens: .*none can't be read: No such file"):
        tokens.load(tmp_path / "none")
    with pytest.raises(ConfigError, match=r"no tokens.*`bounced token NAME --scope read`"):
        tokens.load(None)


@pytest.mark.parametrize("name", ["", "a b", "a#b", "é", "x" * 65, "a\n"])
def test_a_name_that_a_line_can_not_hold(name: str) -> None:
    """It would be read as something else."""
    with pytest.raises(ValueError, match="is no name; write"):
        tokens.new(name, "read")
