"""What the doctor says of disks, ports, open files and the service."""

from __future__ import annotations

import os
import resource
import socket
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from bounced.config import Config, load
from bounced.doctor import Finding, Grade, machine


def config(folder: Path, **settings: str) -> Config:
    """Return settings, with the database in *folder*."""
    environ = {f"BOUNCED_{name.upper()}": value for name, value in settings.items()}
    return load(None, environ | {"STATE_DIRECTORY": str(folder)})


def only(findings: object) -> Finding:
    """Return the one finding."""
    [found] = findings  # type: ignore[misc]
    return found


@pytest.fixture
def greeting() -> Callable[[bytes], int]:
    """Return a function that lets somebody listen and greet; it returns the port."""

    def listen(said: bytes) -> int:
        server = socket.create_server(("127.0.0.1", 0))

        def greet() -> None:
            with server, server.accept()[0] as client:
                client.sendall(said)

        threading.Thread(target=greet, daemon=True).start()
        return int(server.getsockname()[1])

    return listen


def test_a_disk_with_room(tmp_path: Path) -> None:
    """How much there is, of the folder that will hold the database."""
    found = only(machine.disk(config(tmp_path / "not" / "there")))

    assert found.grade is Grade.OK
    assert str(tmp_path) in found.found


def test_a_disk_without_enough(tmp_path: Path) -> None:
    """Below the reserve it is bad, near to it something to look at."""
    found = os.statvfs(tmp_path)
    free = found.f_bavail * found.f_frsize

    bad = only(machine.disk(config(tmp_path, store_free_space=str(2 * free))))
    near = only(machine.disk(config(tmp_path, store_free_space=str(free // 2))))

    assert bad.grade is Grade.BAD
    assert "no message is taken" in bad.found
    assert near.grade is Grade.WARN


def test_a_port_that_is_free(tmp_path: Path) -> None:
    """Nobody is running on it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    found = only(machine.listeners(config(tmp_path, listen=f"127.0.0.1:{port}")))

    assert found.grade is Grade.OK
    assert "is free" in found.found


@pytest.mark.parametrize(
    ("said", "grade"),
    [
        (b"220 mx.example.org ESMTP bounced\r\n", Grade.OK),
        (b"421 4.7.0 Too many connections\r\n", Grade.OK),
        (b"220 mx.example.org ESMTP Postfix\r\n", Grade.BAD),
        (b"", Grade.BAD),
    ],
)
def test_who_has_a_port(
    tmp_path: Path, greeting: Callable[[bytes], int], said: bytes, grade: Grade
) -> None:
    """A daemon of ours is known by its greeting, and so is somebody else."""
    port = greeting(said)
    found = only(machine.listeners(config(tmp_path, listen=f"127.0.0.1:{port}")))

    assert found.grade is grade
    assert found.grade is Grade.OK or "stop that program" in found.advice


def test_unix_sockets(tmp_path: Path) -> None:
    """One that is free, one without a folder, one that is no socket, one left behind."""
    (tmp_path / "file").touch()
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(tmp_path / "left"))
    left.close()
    names = ["free", "no/folder", "file", "left"]
    listen = ", ".join(f"lmtp unix:{tmp_path}/{name}" for name in names)
    found = list(machine.listeners(config(tmp_path, listen=listen)))

    assert [one.grade for one in found] == [Grade.OK, Grade.BAD, Grade.BAD, Grade.OK]
    assert "left behind" in found[3].found
    assert stat.S_ISSOCK((tmp_path / "left").stat().st_mode)  # and nothing was changed


def test_a_socket_of_systemd_and_no_systemd(tmp_path: Path) -> None:
    """Nothing can be known of it."""
    found = only(machine.listeners(config(tmp_path, listen="systemd:smtp")))

    assert found.grade is Grade.OK


def test_too_few_open_files(tmp_path: Path) -> None:
    """The limit of the process, against the connections that are allowed."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    few = only(machine.open_files(config(tmp_path, limits_connections=str(min(hard, 10**8) + 1))))
    enough = only(machine.open_files(config(tmp_path, limits_connections="1")))

    assert (few.grade, enough.grade) == (Grade.WARN, Grade.OK)
    assert "LimitNOFILE" in few.advice


@pytest.mark.parametrize(
    ("state", "grade"),
    [("active", Grade.OK), ("failed", Grade.BAD), ("inactive", Grade.WARN)],
)
def test_the_service(monkeypatch: pytest.MonkeyPatch, state: str, grade: Grade) -> None:
    """As systemd has it."""
    told = {"LoadState": "loaded", "ActiveState": state}
    monkeypatch.setattr(machine, "_systemctl", lambda unit, name: told[name])

    assert only(machine.service()).grade is grade


def test_no_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is none, there is nothing to say."""
    monkeypatch.setattr(machine, "_systemctl", lambda unit, name: None)

    assert list(machine.service()) == []
