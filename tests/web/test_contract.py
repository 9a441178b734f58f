"""The API keeps what its description promises: schemathesis looks for the contrary."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_schemathesis_finds_nothing(api: Any, tmp_path: Path) -> None:
    """In all its phases, by all its checks but one for imports, with right and wrong data."""
    done = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            f"--config-file={HERE / 'schemathesis.toml'}",
            "run",
            f"{api.base}/v1/openapi.json",
            "--header",
            f"Authorization: Bearer {api.secrets['write']}",
            "--max-examples=15",
            "--generation-deterministic",
            "--no-color",
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": f"{HERE}:{os.environ.get('PYTHONPATH', '')}"},
        capture_output=True,
        text=True,
        timeout=380,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "11 selected / 11 total" in done.stdout
    assert api.events("failure") == []
