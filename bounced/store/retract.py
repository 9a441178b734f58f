"""Take back refusals that are read as something else now: an incident with none left is closed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from bounced.causes import Cause
from bounced.store.facts import Fact
from bounced.store.incidents import Incident, against_us, listed, told_before
from bounced.store.schema import events, incident_recipients, incidents
from bounced.store.state import Place

_Row = Row[*tuple[Any, ...]]


def take_back(connection: Connection, facts: Sequence[Fact], now: datetime) -> list[Incident]:
    """Take refusals out of their incidents, whose events are read as something else now.

    Returns the incidents that this closes: those in which nothing is left.
    """
    still = told_before(connection, facts)
    taken: list[tuple[_Row, Place]] = []
    emptied: list[int] = []
    for number, fact in enumerate(facts):
        if number in still or not against_us(fact) or fact.place is None or fact.verdict is None:
            continue
        found = _with(connection, fact.place, fact.verdict.cause, fact.at)
        if found is None:
            continue
        taken.append((found, fact.place))
        less = incidents.update().where(incidents.c.id == found.id)
        connection.execute(less.values(failures=incidents.c.failures - 1))
        if found.failures <= 1 and found.closed_at is None:
            connection.execute(less.values(closed_at=now, closed_by="rejudge"))
            emptied.append(found.id)
    for found, place in taken:
        _forget_recipient(connection, found, place)
    return listed(connection, ids=emptied) if emptied else []


def _with(connection: Connection, at: Place, cause: Cause, when: datetime) -> _Row | None:
    """Return the incident that a refusal was part of, as far as is known."""
    table, hit = incidents.c, incident_recipients.c
    query = (
        select(incidents)
        .join(incident_recipients, hit.incident_id == table.id)
        .where(hit.stream == at.stream, hit.key == at.key, table.cause == cause)
        .where(table.opened_at <= when, table.last_at >= when, table.failures > 0)
        .order_by(table.id.desc())
        .with_for_update(of=incidents)
    )
    return connection.execute(query).first()


def _forget_recipient(connection: Connection, of: _Row, at: Place) -> None:
    """Take a recipient out of an incident, unless there is another refusal of mail to him in it."""
    other = select(events.c.id).where(
        events.c.stream == at.stream,
        events.c.key == at.key,
        events.c.cause == of.cause,
        events.c.at.between(of.opened_at, of.last_at),
        events.c.domain.is_not(None),
        events.c.superseded_by.is_(None),
    )
    if connection.execute(other.limit(1)).first() is None:
        table = incident_recipients.c
        mine = (table.incident_id == of.id, table.stream == at.stream, table.key == at.key)
        connection.execute(incident_recipients.delete().where(*mine))
