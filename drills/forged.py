"""A wrong signature is refused at RCPT, before any message is sent, and within a millisecond.

    python drills/forged.py [RECIPIENTS]

The daemon demands signatures.  One client waits for each reply, on a new connection for every few,
so that no limit of errors is met.  Control: genuine paths, which are taken.
"""

from __future__ import annotations

import argparse
import socket
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from common import Daemon, Table

from bounced.address import read_keys, return_path

KEY = "b Zm9yLWV4YW1wbGVzLW9ubHktbmV2ZXItdXNlLWl0\n"
EACH = 5
LIMIT = 1.0  # milliseconds, of the median: what is longer was waiting for the processor


def ask(port: int, paths: Sequence[str]) -> tuple[list[float], set[bytes]]:
    """Return the time to each reply, in milliseconds, and the codes that came."""
    times, codes = [], set()
    for start in range(0, len(paths), EACH):
        with socket.create_connection(("127.0.0.1", port), timeout=20) as client:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            client.recv(4096)
            for line in (b"EHLO mx.example.com", b"MAIL FROM:<>"):
                client.sendall(line + b"\r\n")
                client.recv(4096)
            for path in paths[start : start + EACH]:
                began = time.perf_counter()
                client.sendall(f"RCPT TO:<{path}>\r\n".encode())
                codes.add(client.recv(4096)[:9].strip())
                times.append((time.perf_counter() - began) * 1000)
            client.sendall(b"QUIT\r\n")
    return times, codes


def main() -> None:
    """Ask with forged paths, and with genuine ones."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("recipients", nargs="?", type=int, default=5_000)
    count = parser.parse_args().recipients
    keys, now = read_keys(KEY), datetime.now(UTC)
    genuine = [
        return_path(f"u{number}@example.com", base="bounces@b.test", keys=keys, at=now)
        for number in range(count)
    ]
    forged = [path.replace("=u", "=v", 1) for path in genuine]
    table = Table("replies", "p50 ms", "p99 ms", "longest", "codes")
    with tempfile.TemporaryDirectory(prefix="drill-") as folder:
        file = Path(folder) / "keys"
        file.touch(0o600)
        file.write_text(KEY)
        settings = {"BOUNCED_RETURN_PATH_KEYS": str(file), "BOUNCED_POLICY_TRUST": "signed"}
        with Daemon(Path(folder), also=settings) as daemon:
            for name, paths, wanted in (
                ("forged", forged, {b"550 5.7.1"}),
                ("control: genuine", genuine, {b"250 2.1.5"}),
            ):
                times, codes = ask(daemon.port, paths)
                cuts = statistics.quantiles(times, n=100)
                table.row(
                    name,
                    *(len(times), f"{cuts[49]:.3f}", f"{cuts[98]:.3f}", f"{max(times):.1f}"),
                    b" ".join(codes).decode(),
                    passed=codes == wanted and cuts[49] < LIMIT,
                )
    table.end()


if __name__ == "__main__":
    main()
