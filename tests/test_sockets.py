"""Opening sockets to listen on."""

from __future__ import annotations

import os
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bounced.config import Inherited, Tcp, Unix
from bounced.errors import ListenError
from bounced.sockets import open_sockets


def _refused(endpoint: Any, **inherited: Any) -> str:
    with pytest.raises(ListenError) as caught:
        open_sockets(endpoint, inherited)
    return str(caught.value)


def test_a_port_that_is_taken() -> None:
    """The message names the address and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = _refused(Tcp(host="127.0.0.1", port=port))

    assert f"127.0.0.1:{port} is taken by another program; stop it or set `listen`" in said


def test_an_address_that_is_not_here() -> None:
    """192.0.2.0/24 belongs to nobody."""
    assert "192.0.2.1:8025 is no address of this machine" in _refused(
        Tcp(host="192.0.2.1", port=8025)
    )


def test_a_name_that_nobody_knows() -> None:
    """A host name is looked up once, at the start."""
    assert "is not known here" in _refused(Tcp(host="nowhere.invalid", port=8025))


def test_a_port_that_only_root_may_have() -> None:
    """Without the right to it, the message points to systemd's socket."""
    script = """
import encodings.idna, os  # nobody may have no right to read Python's library
from bounced.config import Tcp
from bounced.sockets import open_sockets
os.setuid(65534)
try:
    open_sockets(Tcp(host="127.0.0.1", port=25), {})
except Exception as error:
    print(type(error).__name__, error)
"""
    lowest = int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
    if os.getuid() or lowest <= 25:
        pytest.skip("needs root to give up, and a system that guards its low ports")
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )

    assert "ListenError 127.0.0.1:25 is not allowed to us; use bounced.socket" in done.stdout


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", ""])
def test_tcp(host: str) -> None:
    """IPv4, IPv6, a name, and everywhere."""
    opened = open_sockets(Tcp(host=host, port=0), {})
    try:
        assert all(one.getsockname()[1] for one in opened)
        with socket.create_connection(opened[0].getsockname()[:2], 5):
            pass
    finally:
        for one in opened:
            one.close()


def test_everywhere_is_both_families() -> None:
    """An empty host listens on IPv6 and IPv4 with one socket."""
    if not socket.has_dualstack_ipv6():
        pytest.skip("no IPv6 here")
    (opened,) = open_sockets(Tcp(host="", port=0), {})
    with opened:
        for host in ("127.0.0.1", "::1"):
            with socket.create_connection((host, opened.getsockname()[1]), 5):
                pass


def test_a_unix_socket_is_for_all_users(tmp_path: Path) -> None:
    """Whoever delivers by it runs as another user."""
    path = tmp_path / "smtp.sock"
    (opened,) = open_sockets(Unix(path=str(path)), {})
    with opened:
        assert stat.S_IMODE(path.stat().st_mode) == 0o666


def test_a_unix_socket_gets_its_mode(tmp_path: Path) -> None:
    """A mode that is set is the mode of the file."""
    path = tmp_path / "lmtp.sock"
    (opened,) = open_sockets(Unix(path=str(path)), {}, 0o660)
    with opened:
        assert stat.S_IMODE(path.stat().st_mode) == 0o660


def test_a_stale_unix_socket_is_replaced(tmp_path: Path) -> None:
    """What a killed daemon left behind does not stop the next one."""
    path = tmp_path / "smtp.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))

    (opened,) = open_sockets(Unix(path=str(path)), {})
    with opened, socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))


def test_a_live_unix_socket_is_not_taken_away(tmp_path: Path) -> None:
    """Somebody answers on it: the start is refused, and the socket works on."""
    path = tmp_path / "smtp.sock"
    (opened,) = open_sockets(Unix(path=str(path)), {})
    with opened:
        assert "is taken by another program" in _refused(Unix(path=str(path)))
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))


def test_a_file_in_the_place_of_a_unix_socket(tmp_path: Path) -> None:
    """A file that is no socket is never deleted."""
    path = tmp_path / "smtp.sock"
    path.write_text("precious")

    assert "is there and is no socket" in _refused(Unix(path=str(path)))
    assert path.read_text() == "precious"


def test_a_unix_socket_without_a_directory(tmp_path: Path) -> None:
    """The message says what is missing."""
    assert "has no directory to lie in" in _refused(Unix(path=str(tmp_path / "no" / "smtp.sock")))


def test_sockets_that_are_handed_over() -> None:
    """They are taken by name; one that is missing is named, with those that came."""
    with socket.create_server(("127.0.0.1", 0)) as given:
        assert [given] == open_sockets(Inherited(name="smtp"), {"smtp": [given]})

        said = _refused(Inherited(name="lmtp"), smtp=[given])

    assert "systemd:lmtp was not handed over by systemd (it gave: smtp)" in said
    assert "it gave: none at all" in _refused(Inherited(name="lmtp"))
