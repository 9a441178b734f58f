"""More connections than there are open files: who is inside is served, the others are told 421.

    python drills/connections.py [--short]

Ten thousand idle connections take all the files that the daemon may open; 1,500 more come on top,
and others go on coming for ten seconds.  Then the daemon has to be as it was.  The control does the
same to the ``accept`` loop of asyncio's own server, whose log shows what would happen.  ``--short``
does all of it with a tenth of the connections.
"""

from __future__ import annotations

import contextlib
import smtplib
import socket
import subprocess
import sys
import time
from collections import Counter
from itertools import groupby
from pathlib import Path

from house import Daemon, Table, allow_files, daemon, deliver, free_port

SHORT = "--short" in sys.argv[1:]
SCALE = 10 if SHORT else 1
IDLE, MORE = 10_000 // SCALE, 1_500 // SCALE
SECONDS = 10

_CONTROL = """
import asyncio, resource, sys
async def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(asyncio.Protocol, "127.0.0.1", int(sys.argv[1]), backlog=512)
    await server.serve_forever()
asyncio.run(main())
"""


def connect(port: int) -> socket.socket | None:
    """Return a connection, however it will be answered; nothing where it is refused."""
    with contextlib.suppress(OSError):
        return socket.create_connection(("127.0.0.1", port), 30)
    return None


def code(connection: socket.socket | None) -> str:
    """Return the code of its first reply."""
    with contextlib.suppress(OSError):
        if connection:
            return connection.recv(3).decode()
    return "none"


def storm(port: int) -> Counter[str]:
    """Connect again and again for a while; return how each was answered."""
    answers: Counter[str] = Counter()
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        batch = [connect(port) for _ in range(50)]
        answers.update(code(one) for one in batch)
        for one in filter(None, batch):
            one.close()
        time.sleep(0.05)
    return answers


def lines_in_a_second(one: Daemon) -> int:
    """Return the most lines that were logged in one second."""
    seconds = sorted(str(event["timestamp"])[:19] for event in one.log())
    return max(len(list(group)) for _, group in groupby(seconds))


def full_house(table: Table) -> None:
    """Fill the daemon, and more than fill it."""
    with daemon(LIMITS_CONNECTIONS=IDLE + 5 * MORE, LIMITS_ERRORS=10**6) as one:
        deliver(one.port)
        inside = smtplib.SMTP("127.0.0.1", one.port, local_hostname="x", timeout=60)
        empty = one.resident()
        open_files = len(list(Path(f"/proc/{one.process.pid}/fd").iterdir()))
        files = open_files + IDLE
        subprocess.run(["prlimit", f"--pid={one.process.pid}", f"--nofile={files}"], check=True)
        idle = [connect(one.port) for _ in range(IDLE)]
        greeted = Counter(map(code, idle))["220"]
        table.row("idle connections let in", f"{greeted:,}", f"{IDLE:,}", greeted == IDLE)
        each = (one.resident() - empty) * 1000 / IDLE
        table.row("memory of each", f"{each:.1f} kB", "<= 20 kB", each <= 20)

        more = [connect(one.port) for _ in range(MORE)]
        answers = Counter(map(code, more))
        table.row(
            "over the limit of files", str(dict(answers)), f"421: {MORE}", answers["421"] == MORE
        )
        spent = one.cpu()
        answers = storm(one.port)
        share = (one.cpu() - spent) / SECONDS
        refused = sum(answers.values())
        table.row(
            f"{SECONDS} s of it, {refused:,} clients: processor",
            f"{100 * share:.0f} %",
            "< 50 % of a core",
            share < 0.5,
        )
        table.row("all of them told", str(dict(answers)), "421", set(answers) == {"421"})
        started = time.perf_counter()
        inside.sendmail("", ["bounces@example.org"], b"Subject: y\r\n\r\ny\r\n")
        took = time.perf_counter() - started
        table.row("a delivery by one who is inside", f"{took:.2f} s", "<= 1 s", took <= 1)
        for connection in filter(None, (*idle, *more)):
            connection.close()
        time.sleep(1)
        took = deliver(one.port)
        table.row("a delivery when they are gone", f"{took:.2f} s", "<= 1 s", took <= 1)
        lines = lines_in_a_second(one)
        table.row("log lines in the busiest second", str(lines), "< 100", lines < 100)


def control(table: Table) -> None:
    """Take the files of asyncio's own server for two seconds."""
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-c", _CONTROL, str(port)], stderr=subprocess.PIPE, text=True
    )
    try:
        deadline = time.monotonic() + 10
        while not (first := connect(port)) and time.monotonic() < deadline:
            time.sleep(0.05)
        clients = [first, *(connect(port) for _ in range(150))]
        time.sleep(2.5)
        for one in filter(None, clients):
            one.close()
    finally:
        server.kill()
        _, said = server.communicate()
    lines = said.count("\n")
    table.row("control: asyncio's own loop, lines in 2.5 s", f"{lines:,}", "> 250", lines > 250)


def main() -> None:
    """Run all of it."""
    allow_files(IDLE + 2 * MORE + 200)
    table = Table("Too many connections" + (", a tenth of them" if SHORT else ""))
    full_house(table)
    control(table)
    table.exit()


if __name__ == "__main__":
    main()
