"""What waits in the outbox: claimed by one who delivers, and taken out when it has arrived.

A claim is a promise to be done by a time; who has died does not keep it, and then the letter is
anybody's again.  So each arrives at least once, and two daemons on one database do not both send.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    update,
)

from bounced.store.engine import Database
from bounced.store.schema import outbox, raw_messages

KEPT: Final = timedelta(days=30)
"""How long a letter is kept that can't be delivered."""

_PAGE: Final = 500
_ROUNDS: Final = 20
_LOOKED_AT: Final = 100
_MAX_ERROR: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One notice for one target.

    ``webhook_id`` stays the same however often it is sent.  What has one ``lane`` arrives in order.
    ``due_at`` is when it is tried next, ``None`` for one that was given up at ``dead_at``;
    ``attempts`` counts the claims of it.
    """

    id: int
    target: str
    webhook_id: str
    topic: str
    lane: str
    at: datetime
    data: dict[str, Any]
    message_id: int | None
    created_at: datetime
    due_at: datetime | None
    attempts: int
    dead_at: datetime | None
    last_error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What became of a claimed letter: it has arrived, is to be tried again, or is given up.

    ``error`` is ``None`` where it has arrived; else it is tried again at ``again_at``, or never.
    ``undone``: this attempt was broken off and does not count.
    """

    letter: Letter
    error: str | None = None
    again_at: datetime | None = None
    undone: bool = False


class Letters:
    """The letters of one database.  Raises what ``Store`` raises."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, target: str, now: datetime, lease: timedelta, limit: int) -> tuple[Letter, ...]:
        """Return letters that are due for *target*, and ours until *now* + *lease*.

        Of those that must arrive in order only the first that is not given up.
        """
        for _ in range(_ROUNDS):
            with self._database.read() as connection:  # most of the time there is nothing to write
                if not connection.execute(_due(target, now).limit(1)).first():
                    return ()
            with self._database.write() as connection:
                if ours := _claimed(connection, target, now, now + lease, limit):
                    return ours
        return ()

    def settle(self, settled: Collection[Settled], now: datetime) -> None:
        """Write down what became of letters, but of those that somebody else has claimed since."""
        if not settled:
            return
        with self._database.write() as connection:
            for one in sorted(settled, key=lambda one: one.letter.id):
                _settle(connection, one, now)

    def raw(self, message_id: int) -> bytes | None:
        """Return the bytes of a message that is to be forwarded, ``None`` if they are gone."""
        query = select(raw_messages.c.zlib).where(raw_messages.c.message_id == message_id)
        with self._database.read() as connection:
            packed = connection.execute(query).scalar()
        return None if packed is None else zlib.decompress(packed)

    def listed(self, *, dead: bool | None = None) -> Iterator[Letter]:
        """Yield the letters, oldest first: all, those given up, or those that still wait."""
        after = 0
        while True:
            query = select(outbox).where(outbox.c.id > after).order_by(outbox.c.id).limit(_PAGE)
            if dead is not None:
                query = query.where(outbox.c.dead_at.is_not(None) == dead)
            with self._database.read() as connection:
                page = [_letter(row) for row in connection.execute(query)]
            yield from page
            if len(page) < _PAGE:
                return
            after = page[-1].id

    def resend(self, now: datetime, names: Sequence[str] | None = None) -> int:
        """Give letters that were given up another chance, *names* or all; return how many.

        They are tried as often as new ones.
        """
        which: list[ColumnElement[bool]] = [outbox.c.dead_at.is_not(None)]
        if names is not None:
            which.append(outbox.c.webhook_id.in_(names))
        anew = {"dead_at": None, "due_at": now, "attempts": 0}
        with self._database.write() as connection:
            return connection.execute(update(outbox).where(*which).values(anew)).rowcount

    def expire(self, now: datetime, targets: Collection[str]) -> int:
        """Delete letters that nobody will ever deliver, after ``KEPT``; return how many.

        Those are the ones that were given up, and those for none of *targets*.
        """
        old = outbox.c.created_at <= now - KEPT
        lost = or_(outbox.c.dead_at <= now - KEPT, outbox.c.target.not_in(targets))
        with self._database.write() as connection:
            return connection.execute(delete(outbox).where(old, lost)).rowcount


def _due(target: str, now: datetime) -> Select[Any]:
    """Select what is due, and beside it the first letter of its lane that is not given up."""
    lane = outbox.alias()
    first = (
        select(func.min(lane.c.id))
        .where(lane.c.target == target, lane.c.lane == outbox.c.lane, lane.c.dead_at.is_(None))
        .scalar_subquery()
    )
    return (
        select(outbox.c.id, first.label("first"))
        .where(outbox.c.target == target, outbox.c.due_at <= now)
        .order_by(outbox.c.due_at, outbox.c.id)
    )


def _claimed(
    connection: Connection, target: str, now: datetime, until: datetime, limit: int
) -> tuple[Letter, ...]:
    """Claim the first of their lanes among some that are due.

    The others are due when the first of their lane is: so however many wait for one that does not
    arrive, there are never many to look at.
    """
    query = _due(target, now).limit(_LOOKED_AT).with_for_update(skip_locked=True, of=outbox)
    due = connection.execute(query).all()
    ours = [row.id for row in due if row.id == row.first][:limit]
    if ours:
        claim = {"due_at": until, "attempts": outbox.c.attempts + 1}
        connection.execute(update(outbox).where(outbox.c.id.in_(ours)).values(claim))
    _put_off(connection, {row.id: row.first for row in due if row.id != row.first})
    found = select(outbox).where(outbox.c.id.in_(ours)).order_by(outbox.c.id)
    return tuple(_letter(row) for row in connection.execute(found)) if ours else ()


def _put_off(connection: Connection, behind: dict[int, int]) -> None:
    """Let letters wait as long as those in front of them."""
    firsts = select(outbox.c.id, outbox.c.due_at).where(outbox.c.id.in_(set(behind.values())))
    due = {row.id: row.due_at for row in connection.execute(firsts)} if behind else {}
    rows = [{"at_id": at, "until": due[first]} for at, first in behind.items() if first in due]
    if rows:
        wait = update(outbox).where(outbox.c.id == bindparam("at_id"))
        connection.execute(wait.values(due_at=bindparam("until")), rows)


def _settle(connection: Connection, one: Settled, now: datetime) -> None:
    # Not by the id: SQLite gives that of the newest row to the next one, when it is deleted.
    table, letter = outbox.c, one.letter
    ours = and_(table.webhook_id == letter.webhook_id, table.attempts == letter.attempts)
    values: dict[str, Any] = {
        "due_at": one.again_at,
        "dead_at": None if one.again_at else now,
        "last_error": (one.error or "")[:_MAX_ERROR],
        "attempts": letter.attempts - one.undone,
    }
    settled = update(outbox).where(ours).values(values) if one.error else delete(outbox).where(ours)
    if connection.execute(settled).rowcount and one.again_at is None:
        behind = and_(table.target == letter.target, table.lane == letter.lane, table.due_at > now)
        connection.execute(update(outbox).where(behind).values(due_at=now))


def _letter(row: Row[Any]) -> Letter:
    return Letter(**{name: getattr(row, name) for name in Letter.__dataclass_fields__})
