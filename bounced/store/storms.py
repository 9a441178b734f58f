"""Storms on record: they begin, end, and take back what was counted before they were seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, RowMapping, exists, func, select, true

from bounced.causes import Cause, Type
from bounced.policy import Decision, Policies, What
from bounced.policy.outage import moved
from bounced.store.alike import Group, members
from bounced.store.outage import Brewing, Foresight
from bounced.store.redo import revise_all
from bounced.store.schema import events, storms
from bounced.store.state import CHUNK, Place

_PAGE: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Storm:
    """One storm: who failed alike, when; ``recipients`` were spared by it up to now.

    One of hard failures can be confirmed by an operator: then it spares nobody.
    """

    id: int
    scope: str
    name: str
    cause: Cause
    started_at: datetime
    last_at: datetime
    ended_at: datetime | None
    recipients: int
    confirmed_at: datetime | None = None
    confirmed_by: str | None = None
    confirmed_why: str | None = None

    @property
    def type(self) -> Type:
        """Of which failures it is."""
        return self.cause.info.type


class Confirmed(NamedTuple):
    """A storm that an operator has confirmed, and what that has changed."""

    storm: Storm
    decisions: list[Decision]


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
    hard = all(group.hard for group, _ in foresight.storms)
    seen = "a storm of refusals" if hard else "an outage"
    revised = revise_all(
        connection,
        spared,
        policies,
        now=max(fact.at for fact in foresight.facts),
        why=f"taken back: what had counted was part of {seen} ({names})",
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


def confirm(connection: Connection, number: int, *, who: str, why: str, now: datetime) -> bool:
    """Let a storm of hard failures be none; return whether there is one that waits for it.

    Those whom it has spared are decided on by ``settle``; one where that was left undone waits.
    """
    row = connection.execute(select(storms).where(storms.c.id == number).with_for_update()).first()
    if row is None or Cause(row.cause).info.type is not Type.HARD:
        return False
    if row.confirmed_at:
        return bool(_marked(connection, number, 1))
    confirmed = {"confirmed_at": now, "confirmed_by": who, "confirmed_why": why}
    confirmed |= {} if row.ended_at else {"ended_at": now}
    connection.execute(storms.update().where(storms.c.id == number).values(confirmed))
    return True


def settle(
    connection: Connection, number: int, policies: Policies, now: datetime
) -> list[Decision] | None:
    """Decide anew on some of those whom a confirmed storm has spared; ``None`` for no more."""
    spared = _marked(connection, number, _PAGE)
    if not spared:
        return None
    places: dict[Place, int] = {}
    for one in spared:
        at, position = Place(one.stream, one.key), one.position or one.id
        places[at] = min(position, places.get(at, position))
    _mark(connection, None, [one.id for one in spared])
    (storm,) = listed(connection, ids=[number])
    return revise_all(
        connection,
        places,
        policies,
        now=now,
        why=f"what {storm.name} says was confirmed by {storm.confirmed_by}: {storm.confirmed_why}",
        origin="operator",
        who=storm.confirmed_by,
    )


def _marked(connection: Connection, number: int, limit: int) -> Sequence[Row[Any]]:
    """Return some of the failures that a storm spares; the rest of an address's is not far.

    Not those of whom a delivery has refuted them: nobody can confirm that he is gone.
    """
    table, later = events.c, events.alias("later").c
    refuted = exists().where(
        later.stream == table.stream,
        later.key == table.key,
        later.what == What.DELIVERED,
        later.at > table.at,
        later.domain.is_not(None),  # else it may change nothing
        later.superseded_by.is_(None),
    )
    some = select(events).where(table.storm_id == number, table.superseded_by.is_(None), ~refuted)
    return connection.execute(some.order_by(table.stream, table.key, table.id).limit(limit)).all()


def listed(
    connection: Connection, *, everything: bool = True, ids: Sequence[int] | None = None
) -> list[Storm]:
    """Return storms, the newest last: all of them, those that go on, or those of *ids*."""
    query = select(storms).order_by(storms.c.started_at, storms.c.id)
    if ids is not None:
        query = query.where(storms.c.id.in_(ids))
    elif not everything:
        query = query.where(storms.c.ended_at.is_(None))
    found = connection.execute(query).mappings().all()
    return [_storm(row, _spared(connection, row)) for row in found]


def _storm(row: RowMapping, recipients: int) -> Storm:
    values = {name: value for name, value in row.items() if name != storms.c.thinned_at.name}
    return Storm(**values | {"cause": Cause(row["cause"])}, recipients=recipients)


def _spared(connection: Connection, row: RowMapping) -> int:
    """Return how many recipients failed in a storm; one failure may be in two, and marks one."""
    spared = events.c.storm_id.is_not(None) if row["confirmed_at"] is None else true()
    group = Group(row["scope"], row["name"], Cause(row["cause"]))
    during = events.c.at.between(row["started_at"], row["last_at"])
    recipients = select(events.c.stream, events.c.key).distinct()
    recipients = recipients.where(*members(group), during, spared)
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
            storms.c.confirmed_at.is_(None),
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


def _mark(connection: Connection, storm: int | None, marked: list[int]) -> None:
    for start in range(0, len(marked), CHUNK):
        some = marked[start : start + CHUNK]
        connection.execute(events.update().where(events.c.id.in_(some)).values(storm_id=storm))
