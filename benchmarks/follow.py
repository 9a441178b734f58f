"""Lines of a mail log a second: read alone, and read and recorded by ``bounced follow --once``.

    python benchmarks/follow.py [LINES]

Writes a log of that many lines (100,000): five for each mail, one recipient in 25 rejected, one in
100 deferred, every address another one.  Then the same log once more from the beginning, with
nothing new in it.  Seconds are those of the processor, so that neighbours don't count.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

from bounced.maillog import Queue, syslog

LINES = 100_000
_SAID = (
    "status=bounced (host mx.example.net[192.0.2.1] said: 550 5.1.1 <{to}>: Recipient address "
    "rejected: User unknown (in reply to RCPT TO command))"
)


def mail(number: int) -> str:
    """Return the five lines of one mail."""
    at = f"2026-11-{1 + number // 86400 % 28:02}T{number // 3600 % 24:02}:{number // 60 % 60:02}"
    head, queue_id = f"{at}:{number % 60:02}.000001+00:00 mail postfix/", f"4c{number:012}"
    to, dsn, status = f"user{number}@example.net", "2.0.0", "status=sent (250 2.0.0 Ok)"
    if number % 25 == 0:
        dsn, status = "5.1.1", _SAID.format(to=to)
    elif number % 100 == 1:
        dsn, status = "4.4.1", "status=deferred (connect to mx.example.net: timed out)"
    relay = "relay=mx.example.net[192.0.2.1]:25, delay=0.31, delays=0.01/0/0.2/0.1"
    return "".join(
        f"{head}{line}\n"
        for line in (
            f"smtpd[1]: {queue_id}: client=app.example.com[192.0.2.9]",
            f"cleanup[2]: {queue_id}: message-id=<{number}@app.example.com>",
            f"qmgr[3]: {queue_id}: from=<bounces@example.com>, size=900, nrcpt=1 (queue active)",
            f"smtp[4]: {queue_id}: to=<{to}>, {relay}, dsn={dsn}, {status}",
            f"qmgr[3]: {queue_id}: removed",
        )
    )


def read(log: Path) -> float:
    """Return the seconds that reading alone takes."""
    queue, now, start = Queue(), datetime.now().astimezone(), time.process_time()
    for raw in log.read_bytes().split(b"\n"):
        if line := syslog(raw, now):
            queue.take(line)
    return time.process_time() - start


def follow(log: Path, state: Path) -> float:
    """Return the seconds that one run of the program takes, its start included."""
    environ = {**os.environ, "STATE_DIRECTORY": str(state)}
    command = [sys.executable, "-m", "bounced", "follow", "--once", str(log)]
    start = _children()
    subprocess.run(
        command, env=environ, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return _children() - start


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Print the table."""
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else LINES
    with tempfile.TemporaryDirectory() as folder:
        log, state = Path(folder) / "mail.log", Path(folder) / "state"
        log.write_text("".join(mail(number) for number in range(lines // 5)))
        copy = Path(folder) / "again.log"
        copy.write_bytes(log.read_bytes())
        for name, seconds in (
            ("read", read(log)),
            ("read and recorded", follow(log, state)),
            ("read again, all known", follow(copy, state)),
        ):
            print(f"{name:24}{lines / seconds:12,.0f} lines/s{seconds:8.2f} s")
        size = sum(path.stat().st_size for path in state.iterdir()) / 2**20
        print(f"{'the database':24}{size:12,.1f} MiB")


if __name__ == "__main__":
    main()
