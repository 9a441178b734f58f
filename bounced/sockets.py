"""Sockets to listen on: TCP, unix sockets, and sockets that systemd hands over.

What can't be opened is a ``ListenError`` that says what to do about it.
"""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import socket
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from bounced.config import Endpoint, Inherited, Tcp, Unix
from bounced.errors import ListenError

BACKLOG = 512
_FEW = 16  # connections, however few open files we may have

_WHY: Final = {
    errno.EADDRINUSE: "is taken by another program; stop it or set `listen` to another address",
    errno.EACCES: "is not allowed to us; use bounced.socket of systemd, or a port above 1023",
    errno.EADDRNOTAVAIL: "is no address of this machine; set `listen` to one that is",
    errno.ENOENT: "has no directory to lie in; make it, or set `listen` to another path",
}


def open_sockets(
    endpoint: Endpoint,
    inherited: Mapping[str, Sequence[socket.socket]],
    mode: int = 0o666,
) -> list[socket.socket]:
    """Return listening sockets for *endpoint*; raises ``ListenError``.

    *mode* is that of a unix socket; by default as open as a TCP port on 127.0.0.1 is, because the
    MTA that delivers runs as another user.
    """
    try:
        match endpoint:
            case Tcp():
                return _tcp(endpoint)
            case Unix():
                return [_unix(endpoint, mode)]
            case Inherited(name=name) if name in inherited:
                return list(inherited[name])
    except socket.gaierror as error:
        msg = (
            f"{endpoint} has a name that is not known here ({error.strerror}); write an IP address"
        )
        raise ListenError(msg) from error
    except OSError as error:
        why = _WHY.get(error.errno or 0, f"can't be listened on: {error.strerror}")
        msg = f"{endpoint} {why}"
        raise ListenError(msg) from error
    given = ", ".join(sorted(inherited)) or "none at all"
    msg = (
        f"{endpoint} was not handed over by systemd (it gave: {given}); start bounced by a .socket "
        f"unit with FileDescriptorName={endpoint.name}, or set `listen` to an address"
    )
    raise ListenError(msg)


def _tcp(endpoint: Tcp) -> list[socket.socket]:
    if not endpoint.host and socket.has_dualstack_ipv6():
        with contextlib.suppress(OSError):  # a machine with IPv6 switched off
            everywhere = ("", endpoint.port)
            return [
                socket.create_server(
                    everywhere, family=socket.AF_INET6, dualstack_ipv6=True, backlog=BACKLOG
                )
            ]
    found = socket.getaddrinfo(
        endpoint.host or "0.0.0.0",  # noqa: S104 - asked for by an empty host
        endpoint.port,
        type=socket.SOCK_STREAM,
        flags=socket.AI_PASSIVE,
    )
    with contextlib.ExitStack() as opened:
        sockets = [
            opened.enter_context(socket.create_server(address, family=family, backlog=BACKLOG))
            for family, _, _, _, address in dict.fromkeys(found)
        ]
        opened.pop_all()
    return sockets


def _unix(endpoint: Unix, mode: int) -> socket.socket:
    _clear(endpoint)
    listening = socket.socket(socket.AF_UNIX)
    try:
        listening.bind(endpoint.path)
        Path(endpoint.path).chmod(mode)
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def _clear(endpoint: Unix) -> None:
    """Take away the socket that a killed daemon left behind; never one that somebody answers on."""
    path = Path(endpoint.path)
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            msg = f"{endpoint} is there and is no socket; move it, or set `listen` elsewhere"
            raise ListenError(msg)
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1)
        try:
            probe.connect(endpoint.path)
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
        except FileNotFoundError:
            return
    raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE))


def shown(listening: socket.socket, endpoint: Endpoint) -> str:
    """Return the address with the port that was really taken, where 0 was asked for."""
    name = listening.getsockname()
    if not isinstance(name, tuple):
        return str(endpoint)
    bound = str(Tcp(host=str(name[0]), port=int(name[1])))
    return f"{endpoint} ({bound})" if isinstance(endpoint, Inherited) else bound


def allow_connections(wanted: int, beside: int) -> int:
    """Raise our limit of open files as far as we may; return how many connections that allows.

    Each is an open file; *beside* are those for everything else.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted + beside:
        return wanted
    allowed = wanted + beside if hard == resource.RLIM_INFINITY else min(wanted + beside, hard)
    with contextlib.suppress(OSError, ValueError):  # systemd's filter may forbid it
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(allowed, soft), hard))
    return min(wanted, max(_FEW, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - beside))
