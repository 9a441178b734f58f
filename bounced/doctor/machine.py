"""What is around the daemon: disk, ports, open files, and the service of systemd."""

from __future__ import annotations

import errno
import os
import resource
import shutil
import socket
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bounced.config import Config, Inherited, Listen, Tcp, Unix
from bounced.config.quantities import show_about
from bounced.doctor.data import place
from bounced.doctor.finding import Finding, bad, blame, ok, warn
from bounced.errors import ListenError
from bounced.sockets import open_sockets

_LEAST: Final = 2**20  # octets, without which hardly a commit goes through
_FEW_INODES: Final = 1000
_REMOTE: Final = frozenset({"nfs", "nfs4", "cifs", "smb3", "9p", "afs", "ceph", "fuse.sshfs"})
_MAIL: Final = ("smtp", "lmtp")
_SPARE_FILES: Final = 256


def disk(config: Config) -> Iterator[Finding]:
    """Yield how much room there is for an SQLite database, and whether its disk is one for it."""
    path = place(config)
    if path is None:
        return
    folder = next(one for one in path.absolute().parents if one.exists())
    found = os.statvfs(folder)
    free, wanted = found.f_bavail * found.f_frsize, config.store.free_space
    told = f"{show_about(free)} free in {folder}"
    if free < max(wanted, _LEAST):
        yield bad(
            "disk",
            f"{told}, and with less than {show_about(max(wanted, _LEAST))} no message is taken",
            "free some space, or lower store.raw_retention or store.free_space",
        )
    elif free < 4 * wanted:
        yield warn("disk", told, f"at {show_about(wanted)} no more messages are taken: make room")
    else:
        yield ok("disk", told)
    if found.f_files and found.f_favail < _FEW_INODES:
        yield (bad if found.f_favail < 2 else warn)(  # noqa: PLR2004 -- SQLite makes two files
            "disk",
            f"{found.f_favail} inodes free in {folder}",
            "delete small files there; a database that can't make its log does not open",
        )
    kind = _filesystem(folder)
    if kind in _REMOTE:
        yield bad(
            "disk",
            f"{folder} is a network filesystem ({kind}), on which SQLite's locks don't hold",
            "keep the database on a local disk, or in PostgreSQL",
        )


def _filesystem(folder: Path) -> str:
    """Return the type of the filesystem, proc(5); of several mounts the longest and last counts."""
    try:
        lines = Path("/proc/self/mountinfo").read_text().splitlines()
    except OSError:
        return ""
    best, kind = "", ""
    for line in lines:
        before, _, after = line.partition(" - ")
        point = before.split()[4].encode().decode("unicode_escape")
        inside = folder == Path(point) or Path(point) in folder.parents
        if inside and len(point) >= len(best):
            best, kind = point, after.split()[0]
    return kind


def listeners(config: Config) -> Iterator[Finding]:
    """Yield for each listener who has it: we, nobody yet, or somebody else."""
    for one in config.listen:
        match one.endpoint:
            case Tcp():
                yield _tcp(one, one.endpoint)
            case Unix(path=path):
                yield _unix(one, path)
            case Inherited(name=name):
                yield _inherited(one, name)


def _tcp(listen: Listen, endpoint: Tcp) -> Finding:
    try:
        for opened in open_sockets(endpoint, {}):
            opened.close()
    except ListenError as error:
        cause = error.__cause__
        if not isinstance(cause, OSError) or cause.errno != errno.EADDRINUSE:
            return blame("listener", error)
        return _answer(listen, (endpoint.host or "127.0.0.1", endpoint.port))
    return ok("listener", f"{listen} is free; no daemon is running on it")


def _unix(listen: Listen, path: str) -> Finding:
    if not Path(path).exists():
        if Path(path).parent.is_dir():
            return ok("listener", f"{listen} is free; no daemon is running on it")
        return bad("listener", f"{listen} has no directory to lie in", f"make {Path(path).parent}")
    if not stat.S_ISSOCK(Path(path).stat().st_mode):
        return bad("listener", f"{listen} is there and is no socket", "move it away")
    return _answer(listen, path)


def _answer(listen: Listen, address: tuple[str, int] | str) -> Finding:
    """Tell a daemon of ours, which greets by its name, from somebody else."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    if isinstance(address, tuple) and ":" in address[0]:
        family = socket.AF_INET6
    try:
        with socket.socket(family) as client:
            client.settimeout(5)
            client.connect(address)
            greeting = client.recv(512) if listen.protocol in _MAIL else b""
    except ConnectionRefusedError:
        return ok("listener", f"{listen} was left behind; the daemon takes it away when it starts")
    except OSError as error:
        advice = "is the daemon stuck?  See its log, or restart it"
        return bad("listener", f"{listen} is taken, and does not answer: {error}", advice)
    if listen.protocol in _MAIL and b"bounced" not in greeting and not greeting.startswith(b"421"):
        said = greeting.decode("ascii", "replace").strip() or "nothing"
        return bad(
            "listener",
            f"{listen} is taken by somebody else, who says: {said}",
            "stop that program, or set another address in `listen`",
        )
    return ok("listener", f"{listen} answers")


def _inherited(listen: Listen, name: str) -> Finding:
    state = _systemctl("bounced.socket", "ActiveState")
    if state in (None, "active"):
        return ok("listener", f"{listen} is handed over by systemd")
    return bad(
        "listener",
        f"{listen} is to be handed over by systemd, and bounced.socket is {state}",
        f"run: systemctl enable --now bounced.socket (with FileDescriptorName={name})",
    )


def open_files(config: Config) -> Iterator[Finding]:
    """Yield whether the limit of open files leaves room for all connections."""
    wanted = config.limits.connections + config.http.connections + _SPARE_FILES
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        advice = f"raise it to {wanted} (ulimit -Hn; LimitNOFILE= in the unit)"
        yield warn("files", f"{hard} files may be open, {wanted} may be needed", advice)
    else:
        yield ok("files", f"room for {wanted} open files")


def service() -> Iterator[Finding]:
    """Yield how the service is, where there is one."""
    if _systemctl("bounced.service", "LoadState") != "loaded":
        return
    state = _systemctl("bounced.service", "ActiveState")
    if state == "active":
        yield ok("service", "bounced.service is active")
    elif state == "failed":
        advice = "run: journalctl -u bounced -n 50; then systemctl restart bounced"
        yield bad("service", "bounced.service has failed", advice)
    else:
        yield warn("service", f"bounced.service is {state}", "run: systemctl start bounced")


def _systemctl(unit: str, name: str) -> str | None:
    """Return a property of a unit; ``None`` where systemd does not run."""
    program = shutil.which("systemctl")
    if not program or not Path("/run/systemd/system").is_dir():
        return None
    try:
        done = subprocess.run(  # noqa: S603 -- constant arguments
            [program, "show", unit, "--property", name, "--value"],
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None
