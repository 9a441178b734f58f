"""Forget an address: what is about it goes, where it is named in anything else it is blotted out.

Where it is named is found out before, without a lock (:mod:`bounced.store.traces`).  Then all is
changed in one transaction.  A block stays, under a hash (:mod:`bounced.store.secrets`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    and_,
    delete,
    or_,
    select,
    tuple_,
)

from bounced.address.mention import Mention
from bounced.policy import AddressState, as_of
from bounced.store import secrets, state
from bounced.store.alike import thin
from bounced.store.schema import (
    audit,
    events,
    forgotten,
    incident_recipients,
    outbox,
    raw_messages,
    recipients,
    sent,
)
from bounced.store.secrets import Hasher
from bounced.store.state import Place
from bounced.store.traces import Named, Traces, look_again

WHY: Final = "its address was forgotten, the block was not"
_PAGE: Final = 200


@dataclass(kw_only=True)
class Forgotten:
    """What was found of an address: rows that went and rows that were changed, by table.

    ``hash`` stands for it from now on; ``blocked_in`` are the streams in which its block stays.
    """

    hash: str
    blocked_in: list[str] = field(default_factory=list)
    deleted: Counter[str] = field(default_factory=Counter)
    changed: Counter[str] = field(default_factory=Counter)

    @property
    def nothing(self) -> bool:
        """Whether there was no trace of it."""
        return not (self.blocked_in or self.deleted or self.changed)


def carry_out(connection: Connection, traces: Traces, who: str, now: datetime) -> Forgotten:
    """Delete what is about the address, but for its blocks, and take it out of the rest."""
    hasher = secrets.hasher(connection)
    found = Forgotten(hash=hasher(traces.mention.key))
    since = look_again(connection, traces)
    work = _Work(connection, traces.mention, hasher, found, now)
    work.drop_states()
    work.drop_raw([*traces.raw, *since.raw])
    work.drop_rest()
    for one in (*traces.texts, *since.texts):
        for start in range(0, len(one.rows), _PAGE):
            work.blot(one, one.rows[start : start + _PAGE])
    if not found.nothing:
        connection.execute(forgotten.insert().values(key=found.hash, at=now, who=who))
    return found


@dataclass(frozen=True, slots=True)
class _Work:
    """Deletes what is about the address and takes it out of what names it; counts in ``found``."""

    connection: Connection
    mention: Mention
    hasher: Hasher
    found: Forgotten
    now: datetime

    def drop_states(self) -> None:
        """Delete the states; the blocks that stand get another name."""
        table, key = recipients.c, self.mention.key
        mine = select(table.stream).where(table.key.in_((key, self.found.hash)))
        streams = self.connection.execute(mine.order_by(table.stream)).scalars()
        blocked = self._put_away([Place(stream, key) for stream in streams])
        self.found.blocked_in += [at.stream for at in blocked]

    def drop_raw(self, named: Iterable[int]) -> None:
        """Delete raw messages that name it or are about it, and that they are to be forwarded."""
        about = select(events.c.message_id).where(
            events.c.key == self.mention.key, events.c.message_id.is_not(None)
        )
        ids = sorted({*named, *self.connection.execute(about.distinct()).scalars()})
        for start in range(0, len(ids), _PAGE):
            some = ids[start : start + _PAGE]
            self._delete(outbox, outbox.c.message_id.in_(some))
            self._delete(raw_messages, raw_messages.c.message_id.in_(some))

    def drop_rest(self) -> None:
        """Delete what else is about it alone."""
        key = self.mention.key
        own = select(events.c.id).where(events.c.key == key)
        thin(self.connection, events.c.key == key, self.now)
        self._delete(audit, or_(audit.c.key == key, audit.c.event_id.in_(own)))
        for table in (events, incident_recipients, sent):
            self._delete(table, table.c.key == key)
        self._delete(outbox, outbox.c.lane == key)

    def blot(self, named: Named, rows: Sequence[Sequence[Any]]) -> None:
        """Take it out of rows; one that is called by it goes as a whole."""
        table = named.table
        primary = list(table.primary_key.columns)
        query = select(table).where(tuple_(*primary).in_(rows))
        for row in self.connection.execute(query).mappings().all():
            same = and_(*(one == row[one.name] for one in primary))
            blotted = {one.name: self.mention.blotted_all(row[one.name]) for one in named.columns}
            changed = {name: new for name, new in blotted.items() if new != row[name]}
            if not any(one.name in changed for one in primary):
                if changed:
                    self.connection.execute(table.update().where(same).values(**changed))
                    self.found.changed[table.name] += 1
            elif table is recipients:  # a bounce address that names it, and is blocked itself
                self._put_away([Place(row["stream"], row["key"])])
            else:
                self._delete(table, same)

    def _put_away(self, places: Sequence[Place]) -> list[Place]:
        """Delete states; the blocks that stand get hashes as their names.  Return whose did."""
        table = recipients.c
        blocked: list[Place] = []
        for at, known in state.load(self.connection, places, lock=True).items():
            self._delete(recipients, and_(table.stream == at.stream, table.key == at.key))
            if as_of(known, self.now).blocked:
                hidden = self._hidden(known, self.hasher(at.key))
                self.connection.execute(recipients.insert().values(**hidden))
                blocked.append(at)
        return blocked

    def _hidden(self, known: AddressState, name: str) -> dict[str, object]:
        """Return the row of a block without whom it is about, nor when what happened to it."""
        kept = AddressState(
            address=name,
            key=name,
            stream=known.stream,
            blocked=True,
            since=known.since,
            expires_at=known.expires_at,
            blocked_by=self.mention.blotted(known.blocked_by) if known.blocked_by else None,
            cause=known.cause,
            rule=known.rule,
            why=WHY,
        )
        return state.row(kept) | {"domain": ""}

    def _delete(self, table: Table, which: ColumnElement[bool]) -> None:
        if count := self.connection.execute(delete(table).where(which)).rowcount:
            self.found.deleted[table.name] += count
