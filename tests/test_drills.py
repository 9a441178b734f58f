"""The drills, each in its short form, as whoever repeats them runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
_CANT = 77  # what a drill ends with that can't be held on this machine


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["hostile_data", "connections", "fuzz_commands", "boot"])
def test_a_drill_passes(name: str) -> None:
    """Every figure is as it should be, and every control shows that it could be otherwise."""
    done = subprocess.run(
        [sys.executable, ROOT / "drills" / f"{name}.py", "--short"],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=290,
        check=False,
    )
    if done.returncode == _CANT and not os.environ.get("TEST_EVERYTHING"):
        pytest.skip(done.stderr.strip())

    assert done.returncode == 0, done.stdout + done.stderr
    assert "pass\n" in done.stdout
    assert "FAIL" not in done.stdout
