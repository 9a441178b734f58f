"""Log what goes beyond one address: incidents, storms, decisions that were made again."""

from __future__ import annotations

from collections.abc import Iterable

from bounced.causes import Type
from bounced.log import Log
from bounced.store import Effects, Incident, Storm


def effects(log: Log, happened: Effects) -> None:
    """Log what has begun, and what was decided again."""
    for one in happened.incidents:
        log.incident_opened(
            cause=one.cause, ours=one.ours, refuser=one.refuser, evidence=one.evidence
        )
    for storm in happened.storms:
        log.storm_started(
            storm=storm.id,
            name=storm.name,
            cause=storm.cause,
            recipients=storm.recipients,
            hard=storm.type is Type.HARD,
        )
    for made in happened.revised:
        log.revised(address=made.after.address, effect=made.effect, why=made.why)


def over(log: Log, ended: Iterable[Storm], closed: Iterable[Incident]) -> None:
    """Log what is over."""
    for storm in ended:
        log.storm_ended(name=storm.name, cause=storm.cause, recipients=storm.recipients)
    for one in closed:
        log.incident_closed(
            cause=one.cause, ours=one.ours, refuser=one.refuser, recipients=one.recipients
        )
