"""How far a log has been read: saved in the transaction of what was read in it, or not at all."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple, Self

from sqlalchemy import Connection, delete, select, update

from bounced.errors import StoreError
from bounced.maillog import Mail
from bounced.policy import Decision
from bounced.store.facts import of_dialogue
from bounced.store.schema import events, followed, followed_mails
from bounced.store.sent import tell
from bounced.store.state import CHUNK, place
from bounced.store.store import Store
from bounced.store.values import Observed, Sent

LOG: Final = "log"
"""The ``origin`` of what a log has told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """A place in a log: octets of the file that begins with a line of this hash, or a cursor."""

    head: str | None = None
    offset: int = 0
    cursor: str | None = None


@dataclass(slots=True)
class Followed:
    """One log, by its name, and how far the store has it.  For one process at a time.

    Without a name, as of a pipe, nobody can go on where this process stops, and nothing is saved.
    ``mails`` are those that were in the queue when it was saved; ``since`` is when that was, and
    ``None`` the first time.
    """

    store: Store
    name: str | None
    position: Position = field(default_factory=Position)
    mails: dict[str, Mail] = field(default_factory=dict)
    since: datetime | None = None
    _generation: int = 0

    def loaded(self, now: datetime) -> Self:
        """Find out where the last process has stopped, and return this; raises StoreError.

        The first time, *now* is kept as when it began.
        """
        if self.name is not None:
            self.store.observe((), also=lambda connection: self._load(connection, now))
        return self

    def save(
        self,
        batch: Sequence[Observed],
        sent: Sequence[Sent],
        position: Position,
        mails: Mapping[str, Mail | None],
        now: datetime,
    ) -> list[Decision | None]:
        """Record *batch*, which was read up to *position*; return what each did.

        ``None`` for what was recorded before, and what is no address.  *sent* says whom messages of
        ours were sent to.  *mails* are those in the queue that have changed, ``None`` where they
        are gone.  Raises StoreError where another process follows the same log.
        """
        keys = [_key(one) for one in batch]
        known = self._known(keys)
        new: list[Observed] = []
        numbers: list[int | None] = []
        for one, key in zip(batch, keys, strict=True):
            numbers.append(None if key in known else len(new))
            if key not in known:
                new.append(one)
                known.add(key)

        def also(connection: Connection) -> None:
            tell(connection, sent)
            if self.name is not None:
                self._save(connection, position, mails, now)

        made = self.store.observe(new, also=also)
        self._generation += 1
        self.position = position
        return [None if number is None else made[number] for number in numbers]

    def _load(self, connection: Connection, now: datetime) -> None:
        found = connection.execute(select(followed).where(followed.c.name == self.name)).first()
        if found is None:
            connection.execute(
                followed.insert().values(name=self.name, generation=0, position=0, updated_at=now)
            )
            return
        self._generation, self.since = found.generation, found.updated_at
        self.position = Position(head=found.head, offset=found.position, cursor=found.cursor)
        mails = select(followed_mails).where(followed_mails.c.name == self.name)
        self.mails = {
            row.mail: Mail(row.message_id, row.sender) for row in connection.execute(mails)
        }

    def _save(
        self,
        connection: Connection,
        position: Position,
        mails: Mapping[str, Mail | None],
        now: datetime,
    ) -> None:
        """Move on from where we were, and from nowhere else."""
        ours = (followed.c.name == self.name, followed.c.generation == self._generation)
        moved = connection.execute(
            update(followed)
            .where(*ours)
            .values(
                generation=self._generation + 1,
                head=position.head,
                position=position.offset,
                cursor=position.cursor,
                updated_at=now,
            )
        )
        if moved.rowcount != 1:
            msg = f"another `bounced follow` reads {self.name} too; one is enough, end this one"
            raise StoreError(msg)
        table = followed_mails.c
        for chunk in _chunks(mails):
            connection.execute(
                delete(followed_mails).where(table.name == self.name, table.mail.in_(chunk))
            )
        if rows := [
            {"name": self.name, "mail": key, "message_id": mail.message_id, "sender": mail.sender}
            for key, mail in mails.items()
            if mail
        ]:
            connection.execute(followed_mails.insert(), rows)

    def _known(self, keys: Collection[_Key]) -> set[_Key]:
        """Return which of *keys* were recorded before."""
        known: set[_Key] = set()
        if not keys:
            return known
        table = events.c
        first, last = min(one.at for one in keys), max(one.at for one in keys)
        wanted = table.original_message_id
        with self.store.database.read() as connection:
            for stream in sorted({one.stream for one in keys}):
                for chunk in _chunks({one.key for one in keys if one.stream == stream}):
                    query = select(table.stream, table.key, table.at, table.what, wanted).where(
                        table.stream == stream,
                        table.key.in_(chunk),
                        table.origin == LOG,
                        table.at.between(first, last),
                    )
                    known |= {_Key(*row) for row in connection.execute(query)}
        return known


class _Key(NamedTuple):
    """What makes two lines the same: address, time, what happened, and to which mail."""

    stream: str
    key: str
    at: datetime
    what: str
    original: str | None


def _key(one: Observed) -> _Key:
    fact = of_dialogue(one)
    at, about = place(one.stream, one.address), fact.original
    return _Key(at.stream, at.key, fact.at, str(fact.what), about.message_id if about else None)


def _chunks(values: Collection[str]) -> Iterator[list[str]]:
    ordered = sorted(values)
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]
