"""What a service can do in its sandbox: run in it by boot.py, with nothing but Python's library.

Prints one JSON object: for each thing that it should not be able to do, the name of the error that
it got, or "allowed".
"""

from __future__ import annotations

import ctypes
import errno
import json
import mmap
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

_NEWUSER = 0x10000000
_LIBC = ctypes.CDLL(None, use_errno=True)


def own_program() -> None:
    """Run a program that it has written into its own folder."""
    program = Path(os.environ["STATE_DIRECTORY"], "program")
    program.write_bytes(Path("/bin/true").read_bytes())
    program.chmod(0o700)
    try:
        subprocess.run([program], check=True)
    finally:
        program.unlink()


def new_namespace() -> None:
    """Make a user namespace, in which it would be root."""
    if _LIBC.unshare(_NEWUSER):
        raise OSError(ctypes.get_errno(), "unshare")


def writable_code() -> None:
    """Have memory that can be written and executed."""
    mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)


def others() -> None:
    """See another's process."""
    status = Path("/proc/1/status").read_text()
    sys.stderr.write(status)


TRIES: dict[str, Callable[[], object]] = {
    "run a program of its own": own_program,
    "look into /root": lambda: list(Path("/root").iterdir()),
    "look into /home": lambda: list(Path("/home").iterdir()),
    "write into /etc": lambda: Path("/etc/bounced/written").write_text(""),
    "write into /usr": lambda: Path("/usr/written").write_text(""),
    "see process 1": others,
    "make a namespace": new_namespace,
    "write and execute memory": writable_code,
    "open a netlink socket": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
    "open a packet socket": lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW),
    "bind a port below 1024": lambda: socket.create_server(("127.0.0.1", 80)),
    "become root": lambda: os.setuid(0),
}


def tried(what: Callable[[], object]) -> str:
    """Return the name of the error that it ends with."""
    try:
        what()
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, str(error))
    return "allowed"


def capabilities() -> str:
    """Return whether this process has any capability, or could get one."""
    lines = Path("/proc/self/status").read_text().splitlines()
    found = dict(line.split(":\t", 1) for line in lines if line.startswith("Cap"))
    return "some" if any(int(value, 16) for value in found.values()) else "none"


print(
    json.dumps(
        {name: tried(what) for name, what in TRIES.items()} | {"capabilities": capabilities()}
    )
)
