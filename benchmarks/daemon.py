"""Messages a second end to end: real sockets, the real daemon, every 250 behind a synced commit.

    python benchmarks/daemon.py [MESSAGES] [SENDERS]

Beside it, with the same senders and mails in the same run: a bare aiosmtpd that keeps nothing.  So
the ratio says what reading, classifying, deciding and storing cost on top of the SMTP dialogue.
Each sender keeps one connection, as a queue with many bounces for one host does.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import smtplib
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

FIXTURES = Path(__file__).parent.parent / "fixtures"


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def corpus() -> list[bytes]:
    """Return the fixtures of one size class: 1 to 20 KiB, with lines that SMTP takes."""
    paths = [path for path in sorted(FIXTURES.rglob("*.eml")) if "hostile" not in path.parts]
    mails = [b"\r\n".join(path.read_bytes().splitlines()) for path in paths]
    return [
        mail
        for mail in mails
        if 1_000 < len(mail) < 20_000 and max(map(len, mail.splitlines())) < 900  # noqa: PLR2004
    ]


def send(port: int, first: int, count: int) -> None:
    """Send *count* different mails over one connection."""
    mails = corpus()
    with smtplib.SMTP("127.0.0.1", port, timeout=60) as client:
        for number in range(first, first + count):
            mark = f"X-Benchmark: {number}\r\n".encode()
            client.sendmail("", ["bounces@example.com"], mark + mails[number % len(mails)])


def rate(port: int, total: int, senders: int, first: int = 0) -> float:
    """Return messages a second over all senders; the mails are numbered from *first*."""
    each = total // senders
    start = time.perf_counter()
    processes = [
        multiprocessing.Process(target=send, args=(port, first + number * each, each))
        for number in range(senders)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    seconds = time.perf_counter() - start
    if any(process.exitcode for process in processes):
        msg = "a sender failed: no rate"
        raise RuntimeError(msg)
    return each * senders / seconds


def through_daemon(total: int, senders: int) -> float:
    """Measure the daemon, on an SQLite database in a new folder."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        listen = f'[{{ protocol = "smtp", address = "127.0.0.1:{port}" }}]'
        environ = {**os.environ, "STATE_DIRECTORY": folder, "BOUNCED_LISTEN": listen}
        environ["BOUNCED_LOG_LEVEL"] = "error"
        command = [sys.executable, "-m", "bounced", "serve"]
        daemon = subprocess.Popen(command, env=environ, cwd=folder, stdout=subprocess.DEVNULL)
        try:
            wait_for(port)
            return rate(port, total, senders)
        finally:
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(60)


def wait_for(port: int) -> None:
    """Return when something listens on *port*."""
    for _ in range(400):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    msg = "the daemon did not start"
    raise TimeoutError(msg)


def sink(port: int) -> None:
    """Run a bare aiosmtpd until killed."""
    controller = Controller(Sink(), hostname="127.0.0.1", port=port)
    controller.start()
    signal.pause()


def through_bare_aiosmtpd(total: int, senders: int) -> float:
    """Measure aiosmtpd alone, in a process of its own."""
    port = free_port()
    server = multiprocessing.Process(target=sink, args=(port,))
    server.start()
    try:
        wait_for(port)
        return rate(port, total, senders)
    finally:
        server.kill()
        server.join()


def main() -> None:
    """Print the table."""
    total = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    senders = int(sys.argv[2]) if len(sys.argv) > 2 else 20  # noqa: PLR2004
    print(f"{total} messages from {senders} senders, one connection each")
    bare = through_bare_aiosmtpd(total, senders)
    durable = through_daemon(total, senders)
    print(f"{'aiosmtpd, keeps nothing':36}{bare:10,.0f} messages/s")
    print(
        f"{'bounced serve, SQLite, synced':36}{durable:10,.0f} messages/s"
        f"{durable / bare:8.2f} of it"
    )


if __name__ == "__main__":
    main()
