"""Notices of what concerns more than one address: incidents and storms.  Pure.

Their data is what ``bounced incidents --json`` and ``bounced storms --json`` print.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields

from bounced.notice import Notice, Topic
from bounced.store.incidents import Incident
from bounced.store.storms import Storm


def of_incidents(topic: Topic, incidents: Iterable[Incident]) -> Iterator[Notice]:
    """Yield a notice of each incident that was opened or closed."""
    for one in incidents:
        told = {field.name: getattr(one, field.name) for field in fields(one)}
        told["removal"] = one.removal
        told["postmasters"] = [f"postmaster@{domain}" for domain in told.pop("domains")]
        key, at = f"incident {one.id}", one.closed_at or one.opened_at
        yield Notice(topic=topic, key=key, at=at, data=told)


def of_storms(topic: Topic, storms: Iterable[Storm]) -> Iterator[Notice]:
    """Yield a notice of each storm that began or ended."""
    for one in storms:
        told = {field.name: getattr(one, field.name) for field in fields(one)}
        told["type"] = one.type
        yield Notice(
            topic=topic, key=f"storm {one.id}", at=one.ended_at or one.started_at, data=told
        )
