"""A PostgreSQL of the tests' own: Debian's binaries, own data, a unix socket and a loopback port.

As root it runs as the system's user ``postgres``, since the server refuses to run as root.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, Self

import psycopg

PASSWORD = "s3cret-pass/word"  # of a server that lives for minutes
SETTINGS = {
    "autovacuum": "off",
    "deadlock_timeout": "200ms",
    "fsync": "off",  # processes are killed in the tests, machines are not
    "full_page_writes": "off",
    "logging_collector": "off",
    "max_connections": "60",
    "shared_buffers": "32MB",
}


def _binaries() -> Path | None:
    """Return the directory of the newest server that is installed."""
    found = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(found, key=lambda one: int(one.parts[-3]), default=shutil.which("initdb"))
    return Path(newest).parent if newest else None


BINARIES = _binaries()


@dataclass
class Postgresql:
    """A running server; use it as a context manager.

    Its databases sort by the rules of English, as most do; ours must not depend on that.
    """

    root: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="bounced-pg-")))
    port: int = 0
    _numbers: count[int] = field(default_factory=lambda: count(1))

    def __enter__(self) -> Self:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = int(free.getsockname()[1])
        self.root.chmod(0o755)
        if os.geteuid() == 0:
            shutil.chown(self.root, "postgres", "postgres")
        secret = self.root / "password"
        secret.write_text(PASSWORD)
        if os.geteuid() == 0:
            shutil.chown(secret, "postgres", "postgres")
        self._run(
            *("initdb", "-D", self.data, "-U", "admin", "--no-sync", "--encoding=UTF8"),
            *("--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"),
            *("--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={secret}"),
        )
        with (self.data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in SETTINGS.items())
            file.write(f"port = {self.port}\nunix_socket_directories = '{self.root}'\n")
            file.write("listen_addresses = '127.0.0.1'\n")
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.stop("immediate")
        finally:
            shutil.rmtree(self.root, ignore_errors=True)

    @property
    def data(self) -> Path:
        """Where its data is."""
        return self.root / "data"

    def start(self) -> None:
        """Start it, and return when it takes connections."""
        self._run("pg_ctl", "-D", self.data, "-l", self.root / "log", "-w", "-t", "60", "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop it; ``immediate`` is like a crash."""
        if (self.data / "postmaster.pid").exists():
            self._run("pg_ctl", "-D", self.data, "-m", mode, "-w", "stop")

    def start_if_stopped(self) -> None:
        """Start it again where a test has failed in between."""
        if not (self.data / "postmaster.pid").exists():
            self.start()

    def create(self, template: str = "template1", more: str = "") -> str:
        """Make a database and return its name."""
        name = f"test_{next(self._numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} {more}")
        return name

    def empty(self, name: str, tables: Collection[str]) -> None:
        """Make a database as if nothing had ever been written into these tables of it."""
        self.terminate(name)
        self.execute(f"TRUNCATE {', '.join(tables)} RESTART IDENTITY", name)

    def drop(self, name: str) -> None:
        """Drop a database, whoever uses it."""
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def url(self, database: str) -> str:
        """Return the URL of a database, by the unix socket."""
        return f"postgresql+psycopg://admin@/{database}?host={self.root}&port={self.port}"

    def tcp(self, database: str, password: str = PASSWORD, port: int = 0) -> str:
        """Return the URL of a database, by TCP with a password."""
        quoted = password.replace("/", "%2F")
        return f"postgresql+psycopg://admin:{quoted}@127.0.0.1:{port or self.port}/{database}"

    def connect(self, database: str = "postgres") -> psycopg.Connection[Any]:
        """Return a connection that commits each statement."""
        return psycopg.connect(
            host=str(self.root), port=self.port, user="admin", dbname=database, autocommit=True
        )

    def execute(self, statement: str, database: str = "postgres") -> list[Any]:
        """Execute one statement and return its rows."""
        with self.connect(database) as connection:
            done = connection.execute(statement.encode())
            return done.fetchall() if done.description else []

    def terminate(self, database: str) -> int:
        """Cut all connections to a database; return how many there were."""
        gone = self.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{database}' AND pid <> pg_backend_pid()"
        )
        return len(gone)

    def _run(self, program: str, *arguments: str | Path) -> None:
        assert BINARIES is not None
        owner = {"user": "postgres", "group": "postgres"} if os.geteuid() == 0 else {}
        with tempfile.TemporaryFile() as output:  # a pipe would stay open in the server
            done = subprocess.run(
                [BINARIES / program, *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                timeout=90,
                check=False,
                extra_groups=[] if owner else None,
                **owner,  # type: ignore[arg-type]
            )
            if done.returncode:
                output.seek(0)
                log = self.root / "log"
                tail = log.read_text()[-2000:] if log.exists() else ""
                msg = f"{program} failed: {output.read().decode()}{tail}"
                raise RuntimeError(msg)
