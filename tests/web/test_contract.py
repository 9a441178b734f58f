"""The API keeps what its description promises: schemathesis looks for the contrary."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_schemathesis_finds_nothing(api: Any, tmp_path: Path) -> None:
    """All its checks, in all its phases, with data that is right and data that is wrong."""
    done = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            "run",
            f"{api.base}/v1/openapi.json",
            "--header",
            f"Authorization: Bearer {api.secrets['write']}",
            "--checks=all",
            "--max-examples=15",
            "--generation-deterministic",
            "--no-color",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=380,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "9 selected / 9 total" in done.stdout
    assert api.events("failure") == []
