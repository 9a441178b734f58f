"""What ``docs/http.md`` shows is what happens: its commands are run, and their output compared."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

GUIDE = Path(__file__).parents[2] / "docs" / "http.md"
BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (?P<command>.*)\n(?P<output>(?:(?!\$ ).*\n)*)", re.MULTILINE)
TIME = re.compile(r"\b20\d\d-\d\d-\d\dT[\d:.]+")


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_guide_shows_what_happens(api: Any) -> None:
    """One after the other, on empty data."""
    environ = {**os.environ, "TOKEN": api.secrets["write"], "no_proxy": "*"}
    blocks = BLOCK.findall(GUIDE.read_text())
    steps = [step for block in blocks for step in COMMAND.finditer(block)]
    assert len(steps) > 8
    for step in steps:
        command = step["command"].replace("localhost:8080", api.base)
        done = subprocess.run(
            ["bash", "-c", command], env=environ, capture_output=True, text=True, check=True
        )
        told = done.stdout.rstrip("\n")
        assert TIME.sub("TIME", told) == TIME.sub("TIME", step["output"].rstrip("\n")), command
