"""The shipped units, booted by a real systemd with all their sandboxing: nobody is turned away.

    python drills/boot.py [--short]

Needs root.  bounced.service and bounced.socket run as they are in ``systemd/``, under a systemd
that is process 1 of a machine of its own (``lab.py``); a drop-in says where the program is, as the
unit tells users to do.  Four senders deliver to port 25 all the while, each mail until it is
answered 250.  What was answered must be in the database, whatever happened in between: restarts,
kill -9, a loop and a writer that stand still, SIGTERM.  The control is a port that the daemon opens
itself, beside systemd's: the same restarts must turn senders away there.
"""

from __future__ import annotations

import json
import os
import signal
import smtplib
import socket
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import common
import freeze
import house
import lab
from common import Table, wait_until
from machine import KEYS, PATH, SOCKETMAP, Load, Machine, mail, running

from bounced.address.signed import read_keys, return_path

SHORT = "--short" in sys.argv[1:]
RESTARTS, KILLS, WATCHDOG = (3, 1, 3) if SHORT else (10, 5, 10)
STOP = 35  # seconds: limits.drain, and some for the rest


def booted(machine: Machine, table: Table) -> None:
    """Delivery by port 25, the credential, and both ways to ask."""
    began = time.monotonic()
    machine.systemctl("start", "bounced.socket", "bounced.service")
    took = time.monotonic() - began
    table.row("ready", f"{took:.1f} s", "60 s", passed=took < 60)
    anna = "anna@host.test"
    path = return_path(anna, base=PATH, keys=read_keys(KEYS), at=datetime.now(UTC))
    said = ("5.1.1", "550 5.1.1 <{0}>: no such user")
    with smtplib.SMTP("127.0.0.1", 25, timeout=30) as client:
        client.sendmail("", [path], mail(0, anna, said))
    blocked = json.loads(machine.bounced("check", anna, "--json"))["blocked"]
    row = "report signed with the credential's key"
    table.row(row, "blocks" if blocked else "does nothing", "blocks", passed=blocked)
    with socket.socket(socket.AF_UNIX) as asked:
        asked.connect(str(machine.path(SOCKETMAP)))
        asked.sendall(b"22:blocked anna@host.test,")
        answer = asked.recv(1000).decode()
    table.row("socketmap", answer[:20], "REJECT", passed="REJECT" in answer)


def sandboxed(machine: Machine, table: Table) -> None:
    """What can't be done from inside."""
    machine.run("systemctl", "start", "inside.service")
    found: dict[str, str] = json.loads(machine.path("/run/inside").read_text() or "{}")
    for name, how in found.items():
        table.row(f"from inside: {name}", how, "refused", passed=how not in {"allowed", "some"})
    table.row("tried from inside", str(len(found)), "13", passed=len(found) == 13)


def restarts(machine: Machine, table: Table) -> None:
    """No sender is turned away; where the daemon opens the port itself, some are."""
    with Load(25, 10_000, 4) as load, Load(2525, 500_000, 1) as control:
        for _ in range(RESTARTS):
            load.wait_for_more()
            machine.systemctl("restart", "bounced.service")
        load.wait_for_more()
    what = f"{RESTARTS} restarts: "
    _nothing_lost(machine, table, what, load)
    table.row(f"{what}refused", str(load.refused), "0", passed=not load.refused)
    table.row(f"{what}told to come again", str(load.deferred), "", passed=True)
    table.row(f"{what}broken off, sent again", str(load.broken), "", passed=True)
    table.row(f"{what}longest delivery", f"{load.longest:.1f} s", "30 s", passed=load.longest < 30)
    row = f"control: {what}a port of its own, refused"
    table.row(row, str(control.refused), "> 0", passed=control.refused > 0)


def kills(machine: Machine, table: Table) -> None:
    """Kill -9 is answered with a new start; senders wait in the socket meanwhile."""
    with Load(25, 1_000_000, 4) as load:
        for _ in range(KILLS):
            load.wait_for_more()
            before = len(machine.ends())
            os.kill(machine.main_pid(), signal.SIGKILL)
            machine.end_after(before, 30)
            load.wait_for_more()
    what = f"{KILLS} times kill -9: "
    _nothing_lost(machine, table, what, load)
    table.row(f"{what}refused", str(load.refused), "0", passed=not load.refused)
    table.row(f"{what}longest delivery", f"{load.longest:.1f} s", "30 s", passed=load.longest < 30)


def watchdog(
    machine: Machine, table: Table, what: str, thread: Callable[[int], int], first: int
) -> None:
    """A thread that stands still is noticed, and the daemon replaced."""
    with Load(25, first, 1) as load:
        load.wait_for_more()
        machine.wait_until_active()
        before = len(machine.ends())
        with freeze.frozen(thread(machine.main_pid())) as frozen:
            wait_until(lambda: frozen.is_over() or len(machine.ends()) > before, 4 * WATCHDOG)
            end = machine.end_after(before, 10)
        killed = end.at - frozen.at
        load.wait_for_more(1)
        again = time.time() - frozen.at
    what = f"a {what} that stands still"
    table.row(what, end.result, "watchdog", passed=end.result == "watchdog")
    bound = 2 * WATCHDOG
    table.row(f"{what}: killed after", f"{killed:.1f} s", f"{bound} s", passed=killed <= bound)
    # In the short form, starting up takes longer than the watchdog waits.
    bound += 15 * SHORT
    table.row(f"{what}: answers again after", f"{again:.1f} s", f"{bound} s", passed=again <= bound)
    _nothing_lost(machine, table, f"{what}: ", load)


def stopped(machine: Machine, table: Table) -> None:
    """SIGTERM: who is idle is told, who is being served is served, and it ends well."""
    with Load(25, 5_000_000, 4) as load, socket.create_connection(("127.0.0.1", 25)) as idle:
        load.wait_for_more()
        idle.settimeout(40)
        idle.recv(1000)
        before, began = len(machine.ends()), time.time()
        machine.systemctl("kill", "--kill-whom=main", "--signal=SIGTERM", "bounced.service")
        said = idle.recv(1000).decode()
        end = machine.end_after(before, 60)
        load.wait_for_more()
    what, took = "SIGTERM: ", end.at - began
    table.row(f"{what}an idle client hears", said[:9], "421", passed=said.startswith("421"))
    table.row(
        f"{what}exit code", end.status, "0", passed=(end.result, end.status) == ("success", "0")
    )
    table.row(f"{what}exit after", f"{took:.1f} s", f"{STOP} s", passed=took <= STOP)
    table.row(f"{what}refused", str(load.refused), "0", passed=not load.refused)
    _nothing_lost(machine, table, what, load)


def _nothing_lost(machine: Machine, table: Table, what: str, load: Load) -> None:
    lost = len(load.answered - machine.stored())
    table.row(f"{what}lost of {len(load.answered)} answered", str(lost), "0", passed=not lost)


def main() -> None:
    """Hold the drill."""
    if why := lab.missing():
        common.give_up(why)
    table = house.table("systemd/bounced.service and bounced.socket")
    with running(WATCHDOG) as machine:
        booted(machine, table)
        sandboxed(machine, table)
        restarts(machine, table)
        kills(machine, table)
        watchdog(machine, table, "loop", freeze.loop, 2_000_000)
        watchdog(machine, table, "writer", freeze.writer, 3_000_000)
        stopped(machine, table)
    print("the same with private-network.conf")
    with running(WATCHDOG, private=True) as machine:
        booted(machine, table)
        sandboxed(machine, table)
    table.end()


if __name__ == "__main__":
    main()
