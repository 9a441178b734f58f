"""Where a listener listens, read from one text: TCP, a unix socket, or a socket handed over."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TypeAlias

_WANTED = (
    'is no address to listen on; write "127.0.0.1:8025", "[::1]:8025", '
    '"unix:/run/bounced/lmtp.sock" or "systemd:NAME"'
)
_TCP = re.compile(
    r"(?:\[(?P<six>[0-9A-Fa-f:.%\w]{2,64})\]|(?P<host>[\w.-]{0,255})):(?P<port>\d{1,5})"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tcp:
    """A TCP port; host ``""`` is every interface, port 0 any free one."""

    host: str
    port: int

    def __str__(self) -> str:
        """Write it as the settings do."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unix:
    """A unix-domain socket, made by the daemon."""

    path: str

    def __str__(self) -> str:
        """Write it as the settings do."""
        return f"unix:{self.path}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inherited:
    """A socket handed over by systemd, by its FileDescriptorName."""

    name: str

    def __str__(self) -> str:
        """Write it as the settings do."""
        return f"systemd:{self.name}"


Endpoint: TypeAlias = Tcp | Unix | Inherited


def read(text: str) -> Endpoint:
    """Read an address to listen on; ``ValueError`` says what to write instead."""
    scheme, colon, rest = text.partition(":")
    if colon and scheme == "unix":
        return _unix(rest)
    if colon and scheme == "systemd":
        if re.fullmatch(r"[\w.@-]{1,255}", rest):
            return Inherited(name=rest)
        raise ValueError(_WANTED)
    found = _TCP.fullmatch(text)
    if not found:
        raise ValueError(_WANTED)
    if found["six"]:
        ipaddress.IPv6Address(found["six"])
    if int(found["port"]) > 65535:  # noqa: PLR2004 - the largest port there is
        msg = "has a port above 65535; write one that exists"
        raise ValueError(msg)
    return Tcp(host=found["six"] or found["host"], port=int(found["port"]))


def _unix(path: str) -> Unix:
    if not path.startswith("/") or "\0" in path:
        msg = 'must give the whole path; write "unix:/run/bounced/lmtp.sock"'
        raise ValueError(msg)
    if len(path.encode()) > 107:  # noqa: PLR2004 - sun_path in Linux's sockaddr_un, less its NUL
        msg = (
            "is longer than the 107 bytes that a unix socket's path may have; choose a shorter one"
        )
        raise ValueError(msg)
    return Unix(path=path)
