"""docs/return-path.md: its vectors and its examples are right."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bounced.address import read_keys, return_path, verify
from bounced.model import Trust

TEXT = (Path(__file__).parents[1] / "docs" / "return-path.md").read_text()
VECTORS = re.findall(r"^\| `(\S.*@\S+)` \| `(\w+)` \| `(bounces\+\S+)` \|$", TEXT, re.MULTILINE)
(KEY,) = re.findall(r"^Keys: `(b \S+)`", TEXT, re.MULTILINE)
DAY = datetime(2026, 11, 24, 9, tzinfo=UTC)


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize(("recipient", "stream", "path"), VECTORS)
def test_the_vectors(recipient: str, stream: str, path: str) -> None:
    """Each is what we make, and what we believe."""
    keys = read_keys(KEY)

    base = "bounces@bounces.example.org"
    assert return_path(recipient, base=base, keys=keys, at=DAY, stream=stream) == path
    seal = verify(path, keys, at=DAY)
    assert seal
    assert seal.trust is Trust.SIGNED


def test_the_python_example_that_needs_us(tmp_path: Path) -> None:
    """It signs for today."""
    file = tmp_path / "keys"
    file.write_text(KEY)
    space: dict[str, object] = {}
    exec(_blocks("python")[0].replace("/etc/bounced/return-path-keys", str(file)), space)

    made = space["sender_for"]("anna@example.com", "news")  # type: ignore[operator]
    seal = verify(made, read_keys(KEY), at=datetime.now(UTC))
    assert seal
    assert seal.trust is Trust.SIGNED


def test_the_python_example_that_needs_nothing() -> None:
    """It makes the same paths, of addresses in ASCII."""
    space: dict[str, object] = {}
    exec(_blocks("python")[1], space)

    ascii_ones = [one for one in VECTORS if one[0].isascii()]
    assert len(ascii_ones) == 4
    for recipient, stream, path in ascii_ones:
        assert space["sender_for"](recipient, stream, DAY.timestamp()) == path  # type: ignore[operator]


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")
def test_the_shell_example() -> None:
    """It makes the first of them."""
    (script,) = _blocks("sh")
    done = subprocess.run(
        ["sh", "-euc", script],
        env={"PATH": "/usr/bin:/bin", "day": "512d"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == VECTORS[0][2]


@pytest.mark.skipif(not shutil.which("php"), reason="needs PHP")
def test_the_php_example() -> None:
    """It makes the same paths, of addresses in ASCII."""
    (script,) = _blocks("php")
    name, secret = KEY.split()
    today = script.replace("time()", str(int(DAY.timestamp())))
    for recipient, stream, path in [one for one in VECTORS if one[0].isascii()]:
        call = f"echo sender_for('{recipient}', '{name}', '{secret}', '{stream}');"
        done = subprocess.run(
            ["php", "-r", today + call], capture_output=True, text=True, check=True
        )
        assert done.stdout == path
