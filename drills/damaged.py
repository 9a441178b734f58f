"""Databases that can't be used: refused clearly, never written to, and the doctor says what to do.

    python drills/damaged.py

Files that are no database, cut short, overwritten in the middle or at the head; as root, a
filesystem that turns read-only under load, as ext4 does on a disk error.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import common
from common import Daemon, Table, codes, compare, load, wait_until
from power_cut import disks, make, mount

PAGE = 4096


def overwrite(path: Path, at: int, octets: int) -> None:
    """Write noise into a file."""
    with path.open("r+b") as file:
        file.seek(at)
        file.write(random.Random(1).randbytes(octets))


def middle(path: Path) -> None:
    """Write noise over a quarter of the pages."""
    pages = path.stat().st_size // PAGE
    for page in range(2, pages, 4):
        overwrite(path, page * PAGE, PAGE)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "no database at all": lambda path: path.write_text("Dear Sir or Madam\n" * 1000),
    "noise over the first page": lambda path: overwrite(path, 0, PAGE),
    "noise over a quarter of the pages": middle,
    "noise over one page": lambda path: overwrite(path, path.stat().st_size // 2, PAGE),
    "cut to its first half": lambda path: os.truncate(
        path, path.stat().st_size // 2 // PAGE * PAGE
    ),
    "cut in the middle of a page": lambda path: os.truncate(path, path.stat().st_size - 1000),
}


def sound(folder: Path) -> Path:
    """Make a database with some mails in it."""
    path = folder / "bounced.db"
    daemon = Daemon(folder, also=common.UNLIMITED, url=f"sqlite:///{path}")
    with daemon, load([daemon.port]) as senders:
        senders.wait_for(200)
    return path


def refused(table: Table, what: str, folder: Path, path: Path, *, same: bool = True) -> None:
    """Start on it, ask the doctor, and look whether it was touched."""
    before = path.read_bytes()
    daemon = Daemon(folder, also=common.UNLIMITED, url=f"sqlite:///{path}")
    started = daemon.run("serve")
    doctor = daemon.run("doctor")
    lines = started.stderr.strip().splitlines()
    untouched = path.read_bytes() == before
    bad = [line for line in doctor.stdout.splitlines() if line.startswith("bad")]
    clear = len(lines) == 1 and lines[0].startswith("bounced: ") and "doctor" in lines[0]
    table.row(
        what,
        *(started.returncode, doctor.returncode, len(bad), "yes" if untouched else "no"),
        passed=started.returncode == 3
        and doctor.returncode == 1
        and bool(bad)
        and clear
        and untouched >= same
        and "Traceback" not in started.stderr + doctor.stderr,
    )
    print(f"    serve:  {lines[0] if lines else started.stderr!r}")
    print(f"    doctor: {bad[0] if bad else doctor.stdout!r}")


def read_only(table: Table) -> None:
    """Let the filesystem turn read-only under load, as ext4 does on a disk error; then start on it.

    What was answered 250 is there when the filesystem has been mounted again.
    """
    with disks() as (images, at), tempfile.TemporaryDirectory(prefix="drill-") as logs:
        image = images / "image"
        make(image)
        mount(image, at)
        path = at / "bounced.db"
        url = f"sqlite:///{path}"
        with (
            Daemon(Path(logs), also=common.UNLIMITED, url=url) as daemon,
            load([daemon.port]) as senders,
        ):
            senders.wait_for(100)
            # An fdatasync that such an abort overtakes may say that all went well, and ext4 forgets
            # the file's new size: no program can know.  So none is under way.
            assert daemon.process
            daemon.process.send_signal(signal.SIGSTOP)
            time.sleep(0.2)
            subprocess.run(["mount", "-o", "remount,abort", at], check=True)
            daemon.process.send_signal(signal.SIGCONT)
            wait_until(lambda: len(senders.deferred) > 20, 30)
            answered = len(senders.answered)
            wait_until(lambda: len(senders.deferred) > 100, 30)
            meanwhile = len(senders.answered) - answered
            daemon.kill()
            refused(table, "read-only filesystem, at the start", Path(logs), path)
            subprocess.run(["umount", at], check=True)
            mount(image, at)
            daemon.start()
            senders.wait_for(answered + 50)
        found = compare(senders.answered, url)
    table.row(
        f"read-only under load: all {codes(senders)}",
        *("-", "-", "-", "-"),
        passed=not found.fault and not meanwhile and codes(senders) == "451",
    )


def main() -> None:
    """Damage it in every way."""
    if not os.geteuid():
        common.in_own_namespace()
    table = Table("serve", "doctor", "bad lines", "untouched")
    with tempfile.TemporaryDirectory(prefix="drill-") as name:
        folder = Path(name)
        path = sound(folder)
        whole = path.read_bytes()
        for what, damage in DAMAGES.items():
            path.write_bytes(whole)
            damage(path)
            refused(table, what, folder, path)
    if not os.geteuid():
        read_only(table)
    table.end()


if __name__ == "__main__":
    main()
