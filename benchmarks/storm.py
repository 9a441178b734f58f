"""What a commit costs in an outage: another failure of a domain that had thousands in an hour.

    python benchmarks/storm.py [FAILURES]

Each failure is a commit of its own, of another mailbox and mail, ten in a second; a thousand mails
were delivered to the one domain.  Beside its failures, as many of ten thousand domains, for which
there is no storm to find.  Milliseconds are those of the processor for one commit, over the last
200 before each size.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bounced.causes import Cause
from bounced.model import (
    Action,
    Envelope,
    Judged,
    Kind,
    Reading,
    RecipientStatus,
    Report,
    Returned,
    Status,
    Verdict,
)
from bounced.policy import Policies
from bounced.store import Incoming, Observed, Store

FAILURES = 16_000
SIZES = 4
LAST = 200
DOMAINS = 10_000
_START = datetime(2026, 1, 1, tzinfo=UTC)
_STATUS = {Cause.MAILBOX_FULL: Status(5, 2, 2), Cause.MAILBOX_UNKNOWN: Status(5, 1, 1)}


def failure(number: int, domain: str, cause: Cause) -> Incoming:
    """Return one report."""
    address = f"user{number}@{domain}"
    told = RecipientStatus(address=address, action=Action.FAILED, source="dsn", part="1.2")
    judged = Judged(
        recipient=told,
        verdict=Verdict(cause=cause, rule="benchmark", evidence=f"5xx <{address}> {cause}"),
        status=_STATUS[cause],
        smtp_code=550,
    )
    mail = Returned(message_id=f"<{number}@example.org>")
    report = Report(kind=Kind.BOUNCE, source="dsn", recipients=(told,), returned=mail)
    return Incoming(
        raw=b"Subject: returned mail\r\n\r\n" + b"text\r\n" * 100,
        reading=Reading(report=report, judged=(judged,)),
        envelope=Envelope(reverse_path="", forward_paths=("bounces@example.org",)),
        received_at=_START + timedelta(seconds=number / 10),
        fingerprint=f"{domain} {number}",
        queue_id=f"Q{number}",
        source="smtp",
    )


def delivered(number: int) -> Iterator[Observed]:
    """Yield so many deliveries to the one domain."""
    for one in range(number):
        address = f"well{one}@host0.example.net"
        yield Observed(address=address, at=_START, origin="log", who="postfix")


@contextmanager
def opened() -> Iterator[Store]:
    """Open an empty store."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'storm.db'}"
        store = Store.open(url, policies=Policies(), raw_retention=timedelta(days=30))
        try:
            yield store
        finally:
            store.close()


def costs(cause: Cause, domains: int, sizes: list[int]) -> Iterator[float]:
    """Yield the milliseconds of a commit at each of *sizes*."""
    with opened() as store:
        store.observe(list(delivered(1000)))
        begun = 0.0
        for number in range(sizes[-1]):
            if number + LAST in sizes:
                begun = time.process_time()
            domain = f"host{number * 7919 % domains}.example.net"
            store.record([failure(number, domain, cause)])
            if number + 1 in sizes:
                yield 1000 * (time.process_time() - begun) / LAST


def main() -> None:
    """Print the table."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else FAILURES
    if most < LAST << (2 * SIZES - 2):
        sys.exit(f"the smallest of the sizes would have less than the {LAST} that are measured")
    sizes = [most >> (2 * SIZES - 2 - 2 * number) for number in range(SIZES)]
    print(f"{'CPU ms for a commit after':32}" + "".join(f"{size:>9,}" for size in sizes))
    for cause in _STATUS:
        for domains in (DOMAINS, 1):
            name = f"{cause}, {domains:,} domain{'s' * (domains > 1)}"
            each = "".join(f"{one:9.2f}" for one in costs(cause, domains, sizes))
            print(f"{name:32}{each}", flush=True)


if __name__ == "__main__":
    main()
