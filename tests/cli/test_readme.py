"""What the README shows is what happens: its commands are run, and their output is compared.

``UPDATE_README=1 pytest tests/cli/test_readme.py`` writes the output of today into it.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
BLOCK = re.compile(r"(?<=^```console\n).*?(?=^```$)", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(
    r"^\$ (?P<command>.*<<'END'\n(?:.*\n)*?END|.*)\n(?P<output>(?:(?!\$ ).*\n)*)", re.MULTILINE
)
DATE = re.compile(r"\b20\d\d-\d\d-\d\d( \d\d:\d\d)?")
HOME = "/home/anna"


def test_the_readme_shows_what_happens(tmp_path: Path) -> None:
    """Each command in it, run one after the other on empty data, prints what stands there."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BOUNCED_")}
    for name in ("STATE_DIRECTORY", "XDG_STATE_HOME", "FORCE_COLOR"):
        kept.pop(name, None)
    binaries = Path(sys.executable).parent
    environ = {
        **kept,
        "HOME": str(tmp_path),
        "PATH": f"{binaries}:{kept['PATH']}",
        "BOUNCED_LISTEN": f"127.0.0.1:{port}",
    }
    daemons: list[subprocess.Popen[str]] = []

    def shown(command: str) -> str:
        command = command.replace("8025", port)
        if command == "bounced serve":
            daemons.append(_serve(environ))
            assert daemons[-1].stdout
            printed = "".join(daemons[-1].stdout.readline() for _ in range(2))
        else:
            printed = _run(command, environ)
        return printed.replace(str(tmp_path), HOME).replace(port, "8025")

    text = README.read_text()
    try:
        now = BLOCK.sub(
            lambda block: COMMAND.sub(
                lambda one: f"$ {one['command']}\n{shown(one['command'])}", block[0]
            ),
            text,
        )
    finally:
        for daemon in daemons:
            daemon.terminate()
            daemon.communicate(timeout=30)

    if os.environ.get("UPDATE_README"):
        README.write_text(now)
        pytest.skip("README.md is written anew")
    assert len(daemons) == 1
    assert DATE.sub("DATE", text).splitlines() == DATE.sub("DATE", now).splitlines()


def _serve(environ: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        ["bounced", "serve"],
        env=environ,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _run(command: str, environ: dict[str, str]) -> str:
    done = subprocess.run(
        ["sh", "-c", command],
        env=environ,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout
