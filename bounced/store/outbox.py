"""What is to be told, written in the very transaction in which it happens.

:class:`Outbox` knows who wants to be told of what.  It travels with the connection of each writing
transaction, so that whatever writes there can :func:`add` notices, in one line and at any depth; in
a database that nobody listens to, that adds nothing.  :mod:`bounced.store.letters` is the other
end, where they are taken out.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Protocol, Self

from sqlalchemy import Connection

from bounced.config import Config
from bounced.model import Kind
from bounced.notice import Notice, Topic
from bounced.policy import BLOCKING, AddressState, Decision, Effect, Policies, What
from bounced.store import forwarding, history
from bounced.store.judge import Entry
from bounced.store.schema import outbox
from bounced.store.values import HistoryEntry, Incoming

FORWARD: Final = "forward"
"""The target of messages that are to be forwarded."""

_OPTION: Final = "bounced_outbox"
# Of a state, what `bounced check --json` prints.
_STATE: Final = (
    "address",
    "stream",
    "blocked",
    "since",
    "expires_at",
    "blocked_by",
    "why",
    "cause",
    "type",
    "rule",
    "evidence",
    "soft_count",
    "complaints",
    "last_failure_at",
    "last_delivery_at",
)


class Subscriber(Protocol):
    """One webhook: its name, and what it wants to be told of."""

    @property
    def name(self) -> str:
        """What the rows of its notices are marked with."""

    def wants(self, topic: Topic, stream: str | None, /) -> bool:
        """Whether to tell it of *topic* in *stream*."""


@dataclass(slots=True, kw_only=True)
class Outbox:
    """Who is told: *subscribers*; and which kinds of messages go to a person, if there is one.

    ``on_added`` is called after a commit that has put something in.
    """

    policies: Policies
    subscribers: Sequence[Subscriber] = ()
    kinds: Collection[Kind] = ()
    on_added: Callable[[], None] | None = None
    _added: bool = field(default=False, init=False)

    @classmethod
    def of(cls, config: Config) -> Self:
        """Return the outbox that the settings ask for."""
        kinds = map(Kind, config.forward.kinds if config.forward.to else ())
        return cls(policies=config.policies, subscribers=config.webhook, kinds=frozenset(kinds))

    def attach(self, connection: Connection) -> None:
        """Let what is written on *connection* be told."""
        connection.execution_options(**{_OPTION: self})

    def committed(self) -> None:
        """Wake whoever delivers, if there is something to deliver."""
        if self._added:
            self._added = False
            if self.on_added:
                self.on_added()

    def insert(self, connection: Connection, rows: list[dict[str, Any]]) -> None:
        """Put rows in, each with a name that stays the same however often it is sent."""
        if not rows:
            return
        now = datetime.now(UTC)
        common = {"created_at": now, "due_at": now, "attempts": 0}
        named = ({"webhook_id": f"msg_{uuid.uuid4().hex}"} | common | row for row in rows)
        connection.execute(outbox.insert(), list(named))
        self._added = True


def _of(connection: Connection) -> Outbox | None:
    found = connection.get_execution_options().get(_OPTION)
    return found if isinstance(found, Outbox) else None


def listened(connection: Connection) -> bool:
    """Whether anybody may want to be told of what is written here."""
    box = _of(connection)
    return bool(box and box.subscribers)


def add(connection: Connection, notices: Iterable[Notice]) -> None:
    """Tell *notices* to each who wants them, if and when this transaction is committed."""
    if box := _of(connection):
        rows = [
            {
                "target": one.name,
                "topic": notice.topic,
                "lane": notice.key,
                "at": notice.at,
                "data": notice.data,
            }
            for notice in notices
            for one in box.subscribers
            if one.wants(notice.topic, notice.stream)
        ]
        box.insert(connection, rows)


def add_entries(
    connection: Connection, entries: Iterable[tuple[Entry, int]], *, chunk: int = 500
) -> None:
    """Tell what *entries* did; with each comes the id of its event."""
    box = _of(connection)
    if not box or not box.subscribers:
        return
    told = [(entry, at, topics(entry)) for entry, at in entries]
    told = [one for one in told if one[2]]
    for start in range(0, len(told), chunk):
        some = told[start : start + chunk]
        events = history.by_ids(connection, [at for _, at, _ in some])
        add(
            connection,
            (
                _notice(topic, entry, at, events[at], box.policies)
                for entry, at, about in some
                for topic in about
            ),
        )


def add_messages(connection: Connection, messages: Iterable[tuple[int, Incoming]]) -> None:
    """Forward those of *messages* that are for a person; with each comes its id."""
    if (box := _of(connection)) and box.kinds:
        rows = [
            {
                "target": FORWARD,
                "topic": "message",
                "lane": f"message {at}",
                "at": one.received_at,
                "data": forwarding.told(one),
                "message_id": at,
            }
            for at, one in messages
            if one.reading.report.kind in box.kinds and forwarding.refusal(one) is None
        ]
        box.insert(connection, rows)


def topics(entry: Entry) -> tuple[Topic, ...]:
    """Return what there is to tell of an entry: nothing of most, of a complaint perhaps two."""
    return tuple(_topics(entry.fact.what, entry.decision))


def _topics(what: What, decision: Decision | None) -> Iterator[Topic]:
    if what is What.COMPLAINT and (
        decision is None or decision.after.complaints > decision.before.complaints
    ):
        yield Topic.COMPLAINT
    effect = decision.effect if decision else None
    if effect in BLOCKING:
        yield Topic.RECIPIENT_BLOCKED
    elif effect is Effect.UNBLOCKED:
        yield Topic.RECIPIENT_UNBLOCKED
    elif effect is Effect.COUNTED and what is What.FAILED:
        yield Topic.RECIPIENT_SOFT


def _notice(topic: Topic, entry: Entry, at: int, event: HistoryEntry, policies: Policies) -> Notice:
    state = entry.decision.after if entry.decision else None
    return Notice(
        topic=topic,
        key=state.key if state else f"event {at}",
        at=event.at,
        stream=event.stream,
        data={
            "address": state.address if state else None,
            "stream": event.stream,
            "why": event.why,
            "state": state and _state(state, policies),
            "event": history.values(event) | {"id": at},
        },
    )


def _state(state: AddressState, policies: Policies) -> dict[str, Any]:
    limit = policies.of(state.stream).soft_limit
    return {name: getattr(state, name) for name in _STATE} | {"soft_limit": limit}
