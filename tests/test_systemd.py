"""What is said to systemd, and the files for it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tomllib
from pathlib import Path

import pytest

from bounced import config, systemd
from bounced.config import names

_FOLDER = Path(__file__).parent.parent / "systemd"
_ANALYZE = shutil.which("systemd-analyze")
_needs_systemd = pytest.mark.skipif(_ANALYZE is None, reason="systemd-analyze is not installed")


def _analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    assert _ANALYZE
    return subprocess.run(
        [_ANALYZE, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


@_needs_systemd
def test_the_units_are_clean() -> None:
    """The checker of systemd finds nothing to say about them."""
    units = [str(path) for path in sorted(_FOLDER.glob("bounced*.s*"))]
    done = _analyze("verify", *units)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@_needs_systemd
@pytest.mark.parametrize(
    ("unit", "limit"), [("bounced.service", 1.1), ("bounced-follow.service", 0.5)]
)
def test_the_services_are_locked_up(unit: str, limit: float) -> None:
    """Exposure, from 0 to 10, is low; who only reads a log needs not even the network."""
    done = _analyze("security", "--offline=true", str(_FOLDER / unit))
    found = re.search(rf"exposure level for {unit}: ([\d.]+)", done.stdout)

    assert found, done.stdout
    assert float(found[1]) <= limit


def test_the_services_have_one_user_and_one_folder() -> None:
    """The database of one is the other's; a dynamic user is named after its unit, or as it says."""
    follow = (_FOLDER / "bounced-follow.service").read_text()
    serve = (_FOLDER / "bounced.service").read_text()

    assert "DynamicUser=yes\nUser=bounced\n" in follow
    assert "DynamicUser=yes\n" in serve
    for unit in (follow, serve):
        assert "StateDirectory=bounced\nStateDirectoryMode=0700\n" in unit


def test_the_example_settings_are_good() -> None:
    """They load as they stand, and listen on the socket that bounced.socket hands over."""
    loaded = config.load(_FOLDER / "bounced.toml", {})

    assert [one.address for one in loaded.listen] == ["systemd:smtp"]
    assert "FileDescriptorName=smtp\n" in (_FOLDER / "bounced.socket").read_text()


def test_the_example_settings_are_all_and_their_defaults() -> None:
    """Every setting is there; without its "#" each loads and, samples apart, is the default."""
    text = (_FOLDER / "bounced.toml").read_text()
    uncommented = re.sub(r"^# (?=\w+ = )", "", text, flags=re.MULTILINE)
    table = tomllib.loads(uncommented)
    known = set(names.settings())
    given = {
        (name, *rest)
        for name, value in table.items()
        for rest in ([()] if (name,) in known else [(inner,) for inner in value])
    }

    assert known == given

    samples = {("hostname",), ("accept",), ("listen",), ("log", "salt")}
    samples |= {("streams",), ("webhook",), ("http", "tokens"), ("forward", "to")}
    samples |= {("forward", "author"), ("store", "url"), ("policy", "expire"), ("rules", "files")}
    samples |= {("tls", "certificate"), ("tls", "key")}
    samples |= {("return_path", "address"), ("return_path", "keys")}
    samples |= {("correlate", "recipient_headers"), ("correlate", "stream_headers")}
    defaults = config.load(_FOLDER / "bounced.toml", {}).model_dump()
    for path in given - samples:
        value: object = defaults
        alone = table
        for name in path:
            assert isinstance(value, dict)
            value, alone = value[name], alone[name]
        section, setting = path
        changed = config.Config.model_validate(
            {"store": {"url": "sqlite:////x"}, section: {"url": "sqlite:////x", setting: alone}}
            if section == "store"
            else {"store": {"url": "sqlite:////x"}, section: {setting: alone}}
        ).model_dump()
        assert value == changed[section][setting], path


def test_a_stop_waits_longer_than_the_drain() -> None:
    """Or systemd would kill what is still being finished."""
    unit = (_FOLDER / "bounced.service").read_text()
    found = re.search(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)

    assert found
    assert int(found[1]) > config.Limits().drain.total_seconds()


def test_notify_without_systemd() -> None:
    """Nobody listens: nothing happens."""
    assert not systemd.notify({}, "READY=1")
    assert not systemd.notify({"NOTIFY_SOCKET": "/nonexistent/socket"}, "READY=1")
    assert not systemd.notify({"NOTIFY_SOCKET": "vsock:2:1234"}, "READY=1")


@pytest.mark.parametrize("abstract", [False, True])
def test_notify(tmp_path: Path, abstract: bool) -> None:  # noqa: FBT001 - pytest's
    """The lines arrive in one datagram, by a path or an abstract address."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        name = f"@bounced-test-{os.getpid()}" if abstract else str(tmp_path / "notify")
        manager.bind(name.replace("@", "\0", 1) if abstract else name)
        manager.settimeout(5)

        assert systemd.notify({"NOTIFY_SOCKET": name}, "READY=1", "STATUS=x")
        assert manager.recv(100) == b"READY=1\nSTATUS=x"


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({}, None),
        ({"WATCHDOG_USEC": "3000000"}, 3.0),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getpid())}, 3.0),
        ({"WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
    ],
)
def test_the_watchdog_is_for_us_or_not(environ: dict[str, str], seconds: float | None) -> None:
    """Only a number of microseconds, and only for this process."""
    assert seconds == systemd.watchdog(environ)


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"LISTEN_FDS": "1"},
        {"LISTEN_FDS": "1", "LISTEN_PID": "1"},
        {"LISTEN_FDS": "x", "LISTEN_PID": str(os.getpid())},
        {"LISTEN_FDS": "0", "LISTEN_PID": str(os.getpid())},
    ],
)
def test_no_sockets_are_handed_over(environ: dict[str, str]) -> None:
    """What is meant for another process is not touched."""
    assert systemd.inherited(environ) == {}


def test_a_manager_that_does_not_read_stops_nothing(tmp_path: Path) -> None:
    """The queue of its socket is short; what does not fit in is not said."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        environ = {"NOTIFY_SOCKET": str(tmp_path / "notify")}
        told = [systemd.notify(environ, "WATCHDOG=1") for _ in range(1000)]

    assert told[0]
    assert not told[-1]
