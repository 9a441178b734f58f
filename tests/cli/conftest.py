"""The command line, as a process of its own and inside the test, on data of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bounced import cli

Run = Callable[..., "subprocess.CompletedProcess[str]"]
Call = Callable[..., Result]


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Return an environment with nothing of ours in it but the place of the data."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BOUNCED_")}
    kept.pop("FORCE_COLOR", None)
    return {**kept, "STATE_DIRECTORY": str(tmp_path / "state"), "COLUMNS": "100"}


@pytest.fixture
def run(tmp_path: Path, environ: dict[str, str]) -> Run:
    """Return a function that runs ``bounced`` as a process, in a folder of its own."""

    def run_it(*arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "bounced", *arguments],
            input=stdin,
            env=environ,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run_it


@pytest.fixture
def call(tmp_path: Path, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Call:
    """Return a function that runs ``bounced`` inside the test, which is quicker."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("BOUNCED_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("STATE_DIRECTORY", environ["STATE_DIRECTORY"])

    def call_it(*arguments: str, stdin: str | bytes = "") -> Result:
        return CliRunner().invoke(cli.app, arguments, input=stdin)

    return call_it


NOTICE = """\
Return-Path: <>
Delivered-To: bounces@example.org
Received: from mail.example.org by app.example.org; {date}
From: MAILER-DAEMON@mail.example.org (Mail Delivery System)
To: bounces@example.org
Subject: Undelivered Mail Returned to Sender
Message-ID: <notice-{number}@mail.example.org>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

<{address}>: host mx.example.com[192.0.2.25] said: {reply}

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.example.org

Final-Recipient: rfc822; {address}
Action: {action}
Status: {status}
Remote-MTA: dns; mx.example.com
Diagnostic-Code: smtp; {reply}

--b
Content-Type: message/rfc822

Message-ID: <mail-{number}@app.example.org>
From: shop@example.org
To: {address}
Subject: Your order

Hello.

--b--
"""


@pytest.fixture
def notice(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a bounce into a file; each is about another mail."""
    written = 0

    def write(
        address: str = "nobody@example.com",
        reply: str = "550 5.1.1 User unknown",
        *,
        name: str = "",
        action: str = "failed",
        day: int = 1,
    ) -> Path:
        nonlocal written
        written += 1
        path = tmp_path / (name or f"{written:04}.eml")
        path.parent.mkdir(parents=True, exist_ok=True)
        text = NOTICE.format(
            number=written,
            address=address,
            reply=reply,
            action=action,
            status=reply.split()[1],
            date=f"Sun, {day:02} Nov 2026 09:00:00 +0000" if day else "never",
        )
        path.write_text(text)
        return path

    return write
