"""Storms on record: they begin, end, and take back what was counted before they were seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, select

from bounced.causes import Cause
from bounced.policy import Decision, Policies
from bounced.policy.outage import moved
from bounced.store.outage import COLUMNS, Brewing, Foresight, Group
from bounced.store.redo import revise_all
from bounced.store.schema import events, storms
from bounced.store.state import CHUNK, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """One storm: who failed alike, when; ``recipients`` were spared by it up to now."""

    id: int
    scope: str
    name: str
    cause: Cause
    started_at: datetime
    last_at: datetime
    ended_at: datetime | None
    recipients: int


def keep(
    connection: Connection, foresight: Foresight, ids: Mapping[int, int], policies: Policies
) -> tuple[list[Storm], list[Decision]]:
    """Put down the storms of *foresight*; *ids* has the event of each of its facts.

    Returns those that have begun, and what was taken back.
    """
    if not foresight.storms:
        return [], []
    spared: dict[Place, int] = {}
    begun: list[int] = []
    for group, brewing in sorted(foresight.storms, key=lambda one: one[0]):
        storm, new = _kept(connection, group, brewing, foresight, policies)
        begun += [storm] if new else []
        marked = [one.id for one in brewing.earlier]
        marked += [ids[number] for number in brewing.facts]
        _mark(connection, storm, marked)
        for one in brewing.earlier:
            spared[one.place] = min(one.position, spared.get(one.place, one.position))
    names = ", ".join(sorted({group.name for group, _ in foresight.storms}))
    revised = revise_all(
        connection,
        spared,
        policies,
        now=max(fact.at for fact in foresight.facts),
        why=f"taken back: what had counted was part of an outage ({names})",
    )
    return listed(connection, ids=begun) if begun else [], revised


def end(connection: Connection, now: datetime, policies: Policies) -> list[Storm]:
    """End the storms in which nothing has failed for a whole window; return them."""
    over = storms.c.last_at < moved(now, -policies.default.storm_window)
    query = select(storms.c.id).where(storms.c.ended_at.is_(None), over).with_for_update()
    ended = list(connection.execute(query).scalars())
    if not ended:
        return []
    connection.execute(storms.update().where(storms.c.id.in_(ended)).values(ended_at=now))
    return listed(connection, ids=ended)


def listed(
    connection: Connection, *, everything: bool = True, ids: Sequence[int] | None = None
) -> list[Storm]:
    """Return storms, the newest last: all of them, those that go on, or those of *ids*."""
    query = select(storms).order_by(storms.c.started_at, storms.c.id)
    if ids is not None:
        query = query.where(storms.c.id.in_(ids))
    elif not everything:
        query = query.where(storms.c.ended_at.is_(None))
    return [
        Storm(**{**row, "cause": Cause(row["cause"])}, recipients=_spared(connection, row))
        for row in connection.execute(query).mappings().all()
    ]


def _spared(connection: Connection, row: RowMapping) -> int:
    """Return how many recipients failed in a storm; one failure may be in two, and marks one."""
    recipients = (
        select(events.c.stream, events.c.key)
        .distinct()
        .where(
            COLUMNS[row["scope"]] == row["name"],
            events.c.cause == row["cause"],
            events.c.at.between(row["started_at"], row["last_at"]),
            events.c.storm_id.is_not(None),
            events.c.superseded_by.is_(None),
        )
    )
    count = select(func.count()).select_from(recipients.subquery())
    return int(connection.execute(count).scalar_one())


def _kept(
    connection: Connection,
    group: Group,
    brewing: Brewing,
    foresight: Foresight,
    policies: Policies,
) -> tuple[int, bool]:
    """Return the storm of *group* at that time, and whether it is new."""
    times = [one.at for one in brewing.earlier]
    times += [foresight.facts[number].at for number in brewing.facts]
    first, last = min(times), max(times)
    window = policies.default.storm_window
    query = (
        select(storms)
        .where(
            storms.c.scope == group.scope,
            storms.c.name == group.name,
            storms.c.cause == group.cause,
            storms.c.started_at <= moved(last, window),
            storms.c.last_at >= moved(first, -window),
        )
        .order_by(storms.c.id.desc())
        .limit(1)
        .with_for_update()
    )
    found = connection.execute(query).first()
    if found is None:
        row = {**group._asdict(), "started_at": first, "last_at": last}
        made = connection.execute(storms.insert().values(row).returning(storms.c.id))
        return int(made.scalar_one()), True
    again = {"ended_at": None} if last > found.last_at else {}
    connection.execute(
        storms.update()
        .where(storms.c.id == found.id)
        .values(started_at=min(first, found.started_at), last_at=max(last, found.last_at), **again)
    )
    return int(found.id), False


def _mark(connection: Connection, storm: int, marked: list[int]) -> None:
    for start in range(0, len(marked), CHUNK):
        some = marked[start : start + CHUNK]
        connection.execute(events.update().where(events.c.id.in_(some)).values(storm_id=storm))
