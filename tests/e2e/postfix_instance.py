"""A Postfix of a test's own: Debian's binaries, own configuration, queue and ports, on loopback.

It needs root, as Postfix's master does.  Nothing of the system's own Postfix is touched.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

POSTFIX = shutil.which("postfix", path="/usr/sbin:/usr/bin:/sbin:/bin")

_MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
meta_directory = /etc/postfix
shlib_directory = /usr/lib/postfix
mail_owner = postfix
setgid_group = postdrop
maillog_file = {root}/log
maillog_file_prefixes = {root}
myhostname = mail.example.com
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = loopback-only
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
smtp_host_lookup = native
smtp_tls_security_level = none
disable_dns_lookups = yes
notify_classes =
{settings}
"""

_MASTER_CF = """\
127.0.0.1:{port} inet n - {chroot} - - smtpd
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 1 1 qmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
verify    unix  - - n - 1 verify
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
smtp      unix  - - n - - smtp
relay     unix  - - n - - smtp
lmtp      unix  - - n - - lmtp
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
"""


@dataclass
class Postfix:
    """A running Postfix that listens on 127.0.0.1:``port``; use it as a context manager.

    With *chroot* its smtpd sees nothing but the queue directory, as Debian sets it up.
    """

    port: int
    settings: str
    chroot: bool = False
    root: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="bounced-postfix-")))

    def __enter__(self) -> Self:
        self.root.chmod(0o755)
        etc = self.root / "etc"
        for folder in (etc, self.root / "queue", self.root / "data"):
            folder.mkdir(mode=0o755)
        shutil.chown(self.root / "data", "postfix")
        (etc / "main.cf").write_text(_MAIN_CF.format(root=self.root, settings=self.settings))
        (etc / "master.cf").write_text(_MASTER_CF.format(port=self.port, chroot="ny"[self.chroot]))
        self._run("start")
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._run("stop")
        finally:
            shutil.rmtree(self.root, ignore_errors=True)

    def log(self) -> str:
        """Return what it has logged."""
        path = self.root / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def wait_idle(self, seconds: float = 30) -> None:
        """Return when its queue is empty, bounces that it made itself included."""
        deadline = time.monotonic() + seconds
        folders = [
            self.root / "queue" / name for name in ("incoming", "active", "deferred", "maildrop")
        ]
        while any(path.is_file() for folder in folders for path in folder.rglob("*")):
            if time.monotonic() > deadline:
                msg = f"Postfix's queue is not empty after {seconds} s:\n{self.log()}"
                raise TimeoutError(msg)
            time.sleep(0.05)

    def _run(self, command: str) -> None:
        assert POSTFIX is not None
        done = subprocess.run(
            [POSTFIX, "-c", str(self.root / "etc"), command],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        )
        if done.returncode:
            msg = f"postfix {command} failed: {done.stdout}{done.stderr}{self.log()}"
            raise RuntimeError(msg)
