"""Power cuts under load: nothing that was answered 250 is missing from the disk.

    python drills/power_cut.py [ROUNDS]

As root.  The database lies on ext4, on an image in memory.  The daemon is stopped in mid-load and
the image is copied: what the filesystem still held back is not in the copy, as on a disk whose
power is cut.  The copy is mounted, which replays its journal; the daemon starts on it, and goes on.
The control does not wait for the disk (PRAGMA synchronous=OFF): the drill must find losses there.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import common
from common import Daemon, Table, compare, load, stored_in, wait_until

WRONG = (str(common.HERE / "controls.py"), "unsynced")
SIZE = 192 * 2**20


@contextlib.contextmanager
def disks() -> Iterator[tuple[Path, Path]]:
    """Yield a folder in memory for images, and one to mount them on."""
    with common.small_disk("size=1g") as folder:
        at = folder / "disk"
        at.mkdir()
        try:
            yield folder, at
        finally:
            subprocess.run(["umount", "-q", at], check=False)


def mount(image: Path, at: Path) -> None:
    """Mount an image; raises where this machine has no loop devices."""
    subprocess.run(["mount", "-o", "loop", image, at], check=True)


def make(image: Path) -> None:
    """Make an empty disk."""
    with image.open("wb") as file:
        file.truncate(SIZE)
    subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)


def cut(daemon: Daemon, image: Path, at: Path) -> None:
    """Cut the power, and put the disk in as it was at that moment."""
    assert daemon.process
    daemon.process.send_signal(signal.SIGSTOP)
    copy = image.with_suffix(".copy")
    shutil.copyfile(image, copy)
    daemon.kill()
    wait_until(lambda: not subprocess.run(["umount", "-q", at], check=False).returncode, 20)
    copy.replace(image)
    mount(image, at)


def drill(rounds: int, *, control: bool) -> tuple[int, int, common.Found]:
    """Cut the power so often; return how often, what was lost, and the end."""
    lost: set[int] = set()
    cuts = 0
    with disks() as (folder, at), tempfile.TemporaryDirectory(prefix="drill-") as logs:
        image = folder / "image"
        make(image)
        mount(image, at)
        url = f"sqlite:///{at}/bounced.db"
        program = WRONG if control else ("-m", "bounced")
        daemon = Daemon(Path(logs), also=common.UNLIMITED, url=url, program=program)
        with daemon, load([daemon.port]) as senders:
            subprocess.run(["sync", "-f", at], check=True)  # the empty database is no loss
            for cuts in range(1, rounds + 1):  # noqa: B007 -- returned
                before = len(senders.answered)
                wait_until(lambda: len(senders.answered) > before, 60)  # noqa: B023 -- at once
                time.sleep(random.uniform(0.1, 1))
                cut(daemon, image, at)
                lost |= set(senders.answered) - there(at / "bounced.db")
                if lost and control:
                    break
                daemon.start()
            if control:  # nothing more is to be learnt from it
                shutil.rmtree(at / "lost+found", ignore_errors=True)
                for one in at.iterdir():
                    one.unlink()
                daemon.start()
        found = compare(senders.answered, url) if not control else common.Found(0)
        found.acknowledged = len(senders.answered)
    return cuts, len(lost), found


def there(path: Path) -> set[int]:
    """Return what is in a database after a power cut; nothing, where it can't be read.

    In a copy of it: the daemon is to find it as the cut has left it.
    """
    with tempfile.TemporaryDirectory(prefix="drill-") as folder:
        for one in path.parent.glob(f"{path.name}*"):
            shutil.copy(one, folder)
        try:
            return stored_in(Path(folder, path.name))
        except sqlite3.Error as error:  # which is what the control may show
            print(f"  the database after the cut: {error}", file=sys.stderr)
            return set()


def main() -> None:
    """Hold the drill, then its control."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("rounds", nargs="?", type=int, default=20)
    options = parser.parse_args()
    common.in_own_namespace()
    table = Table("cuts", "answered", "lost", "doubled", "damaged")
    for control in (False, True):
        cuts, lost, found = drill(options.rounds, control=control)
        table.row(
            "control: power cut, synchronous=OFF" if control else "power cut, SQLite on ext4",
            *(cuts, found.acknowledged, lost or found.lost, found.doubled, found.damaged),
            passed=bool(lost) if control else not (lost or found.fault),
        )
    table.end()


if __name__ == "__main__":
    main()
