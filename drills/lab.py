"""A machine of its own for a drill: a real systemd as process 1, in namespaces, on our own files.

The root is an overlay of this machine's, so that nothing in it is changed; processes, mounts,
network and control groups are its own, and all of it vanishes with the drill.  It has the shipped
units of ``systemd/``, the checkout in /opt/bounced/src, and a virtual environment /opt/bounced with
all that the checkout needs.  Needs root, util-linux and systemd.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

from common import wait_until

CHECKOUT: Final = Path(__file__).resolve().parent.parent
HOME: Final = "/opt/bounced"
LOG: Final = "/var/log/bounced.log"
_INIT: Final = Path("/lib/systemd/systemd")
_CLONE_NEWNET: Final = 0x40000000
_LIBC: Final = ctypes.CDLL(None, use_errno=True)

# pivot_root, since in a chroot PrivateUsers= and DynamicUser= fail with 217/USER; shared mounts,
# since else the unit can't see its credentials.
_SETUP: Final = r"""
set -eu
mount --make-rprivate /
mount -t tmpfs -o mode=755 lab "$LAB"
mkdir "$LAB/upper" "$LAB/work" "$LAB/root"
mount -t overlay lab -o "lowerdir=/,upperdir=$LAB/upper,workdir=$LAB/work" "$LAB/root"
cd "$LAB/root"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 run run
mkdir -p run/old opt/bounced/src opt/bounced/python opt/bounced/packages
mount --rbind /dev dev
mount --bind "$CHECKOUT" opt/bounced/src
mount --bind "$PYTHON" opt/bounced/python
mount --bind "$PACKAGES" opt/bounced/packages
mount -t tmpfs -o mode=1777 tmp tmp
rm -rf etc/systemd/system var/lib/bounced var/lib/private etc/bounced
mkdir -p etc/systemd/system etc/bounced
cp -r "$FILES/." .
pivot_root . run/old
cd /
umount -l run/old
mount --make-rshared /
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin container=drill \
    "$INIT" --system --unit=lab.target --log-target=null --show-status=no
"""
_TARGET: Final = "[Unit]\nDescription=What a drill needs\nDefaultDependencies=no\n"
_PYTHON: Final = f"""#!/bin/sh
export PYTHONPATH={HOME}/src:{HOME}/packages LD_LIBRARY_PATH={HOME}/python/lib
exec {HOME}/python/bin/python{sys.version_info.major}.{sys.version_info.minor} "$@"
"""
_BOUNCED: Final = f'#!/bin/sh\nexec {HOME}/bin/python -m bounced "$@"\n'


def missing() -> str:
    """Return why there can be no such machine here; empty where there can."""
    if sys.platform != "linux":
        return "needs Linux"
    if os.geteuid():
        return "needs root: it makes namespaces and mounts"
    programs = [
        one for one in ("unshare", "nsenter", "setpriv", "pivot_root") if not shutil.which(one)
    ]
    if programs or not _INIT.exists():
        names = ", ".join(programs) or "systemd"
        return f"{names} is not installed: apt-get install systemd util-linux"
    if "cgroup2" not in Path("/proc/filesystems").read_text():
        return "this kernel has no control groups of version 2"
    done = subprocess.run(
        ["unshare", "--mount", "--pid", "--net", "--cgroup", "--uts", "--ipc", "--fork", "true"],
        capture_output=True,
        text=True,
        check=False,
    )
    return f"namespaces are not allowed here: {done.stderr.strip()}" if done.returncode else ""


@dataclass
class Lab:
    """The machine, while it is entered; *files* are put into it first, by their paths."""

    files: Mapping[str, str] = field(default_factory=dict)
    pid: int = 0
    _process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with tempfile.TemporaryDirectory(prefix="drill-") as folder:
            given = Path(folder, "files")
            self._put(given)
            root = Path(folder, "lab")
            root.mkdir()
            self._process = subprocess.Popen(
                [
                    *("setpriv", "--pdeathsig", "KILL"),  # it ends however the drill ends
                    *("unshare", "--fork", "--kill-child", "--pid", "--mount", "--uts", "--ipc"),
                    *("--net", "--cgroup", "sh", "-c", _SETUP),
                ],
                env=os.environ
                | {
                    "LAB": str(root),
                    "FILES": str(given),
                    "CHECKOUT": str(CHECKOUT),
                    "PYTHON": sys.base_prefix,
                    "PACKAGES": sysconfig.get_path("purelib"),
                    "INIT": str(_INIT),
                },
                stdin=subprocess.DEVNULL,
            )
            try:
                wait_until(self._is_up, 30)
            except BaseException:
                self.__exit__()
                raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._process:
            self._process.kill()  # and unshare takes process 1 with it, and that all the others
            self._process.wait()

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command in it."""
        return subprocess.run(
            ["nsenter", f"--target={self.pid}", "--all", "--", *command],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def systemctl(self, *arguments: str) -> str:
        """Return what systemctl prints; raises RuntimeError where it fails."""
        done = self.run("systemctl", *arguments)
        if done.returncode:
            told = f"{done.stderr}\n{self.log()[-3000:]}"
            msg = f"systemctl {' '.join(arguments)}: {told}"
            raise RuntimeError(msg)
        return done.stdout.strip()

    def show(self, name: str, unit: str = "bounced.service") -> str:
        """Return a property of a unit."""
        return self.systemctl("show", "--value", f"--property={name}", unit)

    def main_pid(self) -> int:
        """Return the daemon's process id, as this machine has it; 0 while there is none."""
        inner = self.show("MainPID")
        for status in Path("/proc").glob("[0-9]*/status"):
            with contextlib.suppress(OSError):
                pids = status.read_text().partition("NSpid:")[2].partition("\n")[0].split()
                if pids[1:2] == [inner] and self._is_mine(int(pids[0])):
                    return int(pids[0])
        return 0

    def path(self, inside: str) -> Path:
        """Return where a file of it is to be found from outside."""
        return Path(f"/proc/{self.pid}/root{inside}")

    def log(self) -> str:
        """Return all that the daemon has printed."""
        with contextlib.suppress(OSError):
            return self.path(LOG).read_text()
        return ""

    @contextlib.contextmanager
    def network(self) -> Iterator[None]:
        """Have this thread, and the threads that it starts, in the network of the machine."""
        own = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        there = os.open(f"/proc/{self.pid}/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            _enter(there)
            yield
        finally:
            _enter(own)
            os.close(own)
            os.close(there)

    def _is_mine(self, pid: int) -> bool:
        return Path(f"/proc/{pid}/ns/pid").samefile(f"/proc/{self.pid}/ns/pid")

    def _put(self, folder: Path) -> None:
        files = {
            "/etc/systemd/system/lab.target": _TARGET,
            f"{HOME}/bin/bounced": _BOUNCED,
            f"{HOME}/bin/python": _PYTHON,
            **{
                f"/etc/systemd/system/{one.name}": one.read_text()
                for one in (CHECKOUT / "systemd").glob("bounced*.s*")
            },
            **self.files,
        }
        for name, text in files.items():
            path = folder / name.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            path.chmod(0o755 if name.startswith(f"{HOME}/bin/") else 0o644)

    def _is_up(self) -> bool:
        assert self._process
        if (code := self._process.poll()) is not None:
            msg = f"the machine did not come up: what was wrong stands above (exit code {code})"
            raise RuntimeError(msg)
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        if not (found := children.read_text().split()):
            return False
        self.pid = int(found[0])
        if Path(f"/proc/{self.pid}/comm").read_text() != "systemd\n":
            return False
        return self.run("systemctl", "is-active", "lab.target").stdout == "active\n"


def _enter(network: int) -> None:
    if _LIBC.setns(network, _CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
