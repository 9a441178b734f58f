"""``serve`` where it can't begin."""

from __future__ import annotations

import socket
from collections.abc import Callable
from subprocess import CompletedProcess

Run = Callable[..., "CompletedProcess[str]"]


def test_a_port_that_is_taken_is_told_in_one_line(run: Run, environ: dict[str, str]) -> None:
    """The complaint names the address and what to do; the exit code is 3."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        environ["BOUNCED_LISTEN"] = address
        done = run("serve")

    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr.startswith(f"bounced: {address} is taken by another program; ")
    assert done.stderr.count("\n") == 1


def test_a_socket_that_systemd_did_not_hand_over_is_told(run: Run, environ: dict[str, str]) -> None:
    """Started by hand, settings that are for systemd are refused with the name of the socket."""
    environ["BOUNCED_LISTEN"] = "systemd:smtp"
    done = run("serve")

    assert done.returncode == 3
    assert "smtp" in done.stderr
    assert done.stderr.count("\n") == 1
