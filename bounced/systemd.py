"""What systemd and a service say to each other.

sd_notify(3), sd_listen_fds(3), sd_watchdog_enabled(3).  Plain sockets and environment variables, no
library; without systemd every function does nothing.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

_FIRST_FD = 3


def notify(environ: Mapping[str, str], *lines: str) -> bool:
    """Tell the service manager, for example ``READY=1``; whether anybody was there to listen."""
    address = environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    if address.startswith("@"):  # an abstract socket of Linux
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        try:
            sender.connect(address)
            # Never wait: a manager that does not read must not stop the mail.
            sender.send("\n".join(lines).encode(), socket.MSG_DONTWAIT)
        except OSError:
            return False
    return True


def watchdog(environ: Mapping[str, str]) -> float | None:
    """Return after how many seconds without ``WATCHDOG=1`` we are killed; ``None`` for never."""
    if environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    microseconds = environ.get("WATCHDOG_USEC", "")
    return int(microseconds) / 1e6 if microseconds.isdecimal() and int(microseconds) else None


def inherited(environ: Mapping[str, str]) -> dict[str, list[socket.socket]]:
    """Return the listening sockets that were handed over, by FileDescriptorName."""
    count = environ.get("LISTEN_FDS", "")
    if environ.get("LISTEN_PID") != str(os.getpid()) or not count.isdecimal():
        return {}
    names = environ.get("LISTEN_FDNAMES", "").split(":")
    found: dict[str, list[socket.socket]] = {}
    for index in range(int(count)):
        handed = socket.socket(fileno=_FIRST_FD + index)
        handed.set_inheritable(False)
        handed.setblocking(False)  # noqa: FBT003 - the socket's own way to say it
        name = names[index] if index < len(names) and names[index] else "unknown"
        found.setdefault(name, []).append(handed)
    return found
