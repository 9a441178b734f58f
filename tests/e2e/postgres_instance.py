"""A PostgreSQL of a test's own: Debian's binaries, own cluster, one unix socket, no TCP port."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

BINARIES = max(Path("/usr/lib/postgresql").glob("*/bin"), default=None)


@dataclass
class Postgres:
    """A running cluster with one database, ``bounced``; use it as a context manager.

    It runs as the user postgres: the server refuses to run as root.
    """

    root: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="bounced-postgres-")))

    def __enter__(self) -> Self:
        self.root.chmod(0o755)
        shutil.chown(self.root, "postgres")
        self._run("initdb", "-U", "postgres", "-A", "trust", "--no-sync")
        self.start()
        self._run("createdb", "-h", str(self.root), "-U", "postgres", "bounced", data=False)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        shutil.rmtree(self.root, ignore_errors=True)

    @property
    def url(self) -> str:
        """Return its URL as SQLAlchemy writes it."""
        return f"postgresql+psycopg://postgres@/bounced?host={self.root}"

    def start(self) -> None:
        """Start it, and return when it accepts connections."""
        options = f"-k {self.root} -c listen_addresses='' -c fsync=off"
        self._run("pg_ctl", "-o", options, "-l", str(self.root / "log"), "-w", "start")

    def stop(self) -> None:
        """Stop it, connections or not."""
        self._run("pg_ctl", "-m", "immediate", "-w", "stop")

    def _run(self, program: str, *arguments: str, data: bool = True) -> None:
        assert BINARIES is not None
        where = ("-D", str(self.root / "data")) if data else ()
        done = subprocess.run(
            ["runuser", "-u", "postgres", "--", BINARIES / program, *where, *arguments],
            stdout=subprocess.DEVNULL,  # a pipe would be kept open by the server
            stderr=subprocess.DEVNULL,
            cwd="/",
            timeout=60,
            check=False,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
        if done.returncode:
            log = self.root / "log"
            msg = f"{program} failed: {log.read_text() if log.exists() else ''}"
            raise RuntimeError(msg)
