"""The short form of each drill, as a stranger would run it; what it proves stands in the drill."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CANT = 77  # what a drill exits with where it can't be held
SHORT = [
    "kill.py 5",
    "kill.py 3 --postgresql",
    "power_cut.py 2",
    "full_disk.py 1",
    "faults.py 1",
    "damaged.py",
    "database_away.py 3",
    "clock.py",
    "backup.py 2",
    "flood.py 1000 100",
    "replayed.py 200",
    "forged.py 200",
    "poison.py --short",
    "hostile_data.py --short",
    "connections.py --short",
    "fuzz_commands.py --short",
    "boot.py --short",
    "mutants.py 2000 1",
    "growth.py --short",
]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]  # on a machine with other work


@pytest.mark.parametrize("drill", SHORT)
def test_a_drill_passes_and_its_control_fails(drill: str) -> None:
    """It exits with 0: nothing was lost, nothing counted twice; where done wrong, it was found."""
    script, *arguments = drill.split()
    done = subprocess.run(
        [sys.executable, ROOT / "drills" / script, *arguments],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    if done.returncode == CANT:  # root alone does not give loop devices and mounts everywhere
        pytest.skip(done.stderr.strip())

    assert done.returncode == 0, done.stdout + done.stderr
    assert "FAIL" not in done.stdout


def test_every_drill_has_a_short_form() -> None:
    """Each script that can be run alone is among them."""
    scripts = {
        path.name
        for path in (ROOT / "drills").glob("*.py")
        if 'if __name__ == "__main__"' in path.read_text() and path.name != "controls.py"
    }

    assert {one.split()[0] for one in SHORT} == scripts


@pytest.mark.skipif(not shutil.which("cc"), reason="needs a C compiler")
def test_the_library_compiles_without_a_warning(tmp_path: Path) -> None:
    """With all warnings on."""
    source = ROOT / "drills" / "faults.c"
    command = ["cc", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-O2", source]
    done = subprocess.run(
        [*command, "-o", tmp_path / "faults.so", "-ldl"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
