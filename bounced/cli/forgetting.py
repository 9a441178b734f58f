"""Forget addresses, and say what there was of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from bounced.cli import options, output
from bounced.config import Config
from bounced.store import Forgotten


def forget(
    addresses: Sequence[str], settings: Config, *, who: str, dry_run: bool, as_json: bool
) -> None:
    """Forget each address, and print what was deleted and changed."""
    with options.opened_store(settings, tell=False) as store:
        for one in addresses:
            found = store.forget(one, who=who, now=datetime.now(UTC), dry_run=dry_run)
            if as_json:
                _object(found, dry_run=dry_run)
            else:
                _sentences(one, found, dry_run=dry_run)


def _object(found: Forgotten, *, dry_run: bool) -> None:
    output.json_line(
        {
            "hash": found.hash,
            "dry_run": dry_run,
            "blocked_in": found.blocked_in,
            "deleted": dict(sorted(found.deleted.items())),
            "changed": dict(sorted(found.changed.items())),
        }
    )


def _sentences(address: str, found: Forgotten, *, dry_run: bool) -> None:
    if found.nothing:
        output.line((address, "bold"), ": nothing known of it")
        return
    told = "would be forgotten" if dry_run else "forgotten"
    output.line((address, "bold"), f": {told}, {found.hash} in its place")
    for what, counts in (("deleted", found.deleted), ("blotted out in", found.changed)):
        if counts:
            output.line(f"  {what}: {_listed(counts)}")
    if found.blocked_in:
        streams = ", ".join(found.blocked_in)
        output.line(f"  its block stays, in {streams}: mail to it is still refused")


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {n}" for name, n in sorted(counts.items()))
