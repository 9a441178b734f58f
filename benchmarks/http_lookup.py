"""How long does a look-up of ten thousand addresses take over HTTP?

Run it: ``python benchmarks/http_lookup.py``.

A store of a hundred thousand addresses, a fifth of them blocked, in SQLite; the API as the daemon
runs it, in a process of its own, and one client on loopback.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx

from bounced.policy import AddressState, Policies
from bounced.store import Store
from bounced.store.state import place, save
from bounced.web import tokens

_KNOWN = 100_000
_ASKED = 10_000
_TIMES = 20


def _fill(url: str) -> None:
    store = Store.open(url, policies=Policies(), raw_retention=None)
    now = datetime.now(UTC)
    for start in range(0, _KNOWN, 10_000):
        states = {}
        for number in range(start, start + 10_000):
            address = f"user{number}@d{number % 5000}.example.org"
            at, dead = place("default", address), number % 5 == 0
            states[at] = AddressState(
                address=address,
                key=at.key,
                blocked=dead,
                since=now if dead else None,
                evidence="550 5.1.1 <nobody@example.com>: User unknown" if dead else None,
            )
        with store.database.write() as connection:
            save(connection, {}, states)
    store.close()


def _measure(client: httpx.Client, body: dict[str, object]) -> str:
    taken, octets = [], 0
    for _ in range(_TIMES):
        started = time.perf_counter()
        answer = client.post("/v1/lookup", json=body).raise_for_status()
        taken.append(1000 * (time.perf_counter() - started))
        octets = len(answer.content)
    return (
        f"median {statistics.median(taken):.0f} ms, slowest {max(taken):.0f} ms, "
        f"{octets / 1e6:.1f} MB"
    )


def main() -> None:
    """Measure, and print."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        token, secret = tokens.new("benchmark", "read")
        (folder / "tokens").write_text(f"{token}\n")
        (folder / "tokens").chmod(0o600)
        _fill(f"sqlite:///{folder}/bounced.db")
        daemon = subprocess.Popen(
            [sys.executable, "-m", "bounced", "serve"],
            env={
                **os.environ,
                "STATE_DIRECTORY": name,
                "BOUNCED_LISTEN": f"lmtp unix:{folder}/lmtp, http unix:{folder}/http",
                "BOUNCED_HTTP_TOKENS": f"{folder}/tokens",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert daemon.stdout
        while not daemon.stdout.readline().startswith("data in"):
            pass
        addresses = [f"user{7 * one}@d{7 * one % 5000}.example.org" for one in range(_ASKED)]
        with httpx.Client(
            transport=httpx.HTTPTransport(uds=f"{folder}/http"),
            base_url="http://bounced",
            headers={"Authorization": f"Bearer {secret}"},
        ) as client:
            whole = {"addresses": addresses}
            print(f"{_ASKED:,} of {_KNOWN:,}: {_measure(client, whole)}")
            print(f"those blocked: {_measure(client, {**whole, 'only_blocked': True})}")
            started = time.perf_counter()
            for one in addresses[:1000]:
                client.get(f"/v1/addresses/{one}").raise_for_status()
            print(f"one at a time: {1000 / (time.perf_counter() - started):.0f} a second")
        daemon.terminate()
        daemon.wait()


if __name__ == "__main__":
    main()
