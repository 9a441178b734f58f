"""What is said of one recipient, by whom and when: the input of one decision, as ``events`` has it.

A message brings one fact for each recipient that it names; the sender's own SMTP client, an
operator and the policy itself bring others.  Pure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NamedTuple

from bounced.causes import Cause, Type
from bounced.model import Action, Judged, Kind, Report, Trust, Verdict
from bounced.policy import Effect, Event, What
from bounced.store.state import Place, place
from bounced.store.types import storable, utc
from bounced.store.values import Incoming, Observed

_MAX_NAME: Final = 200
_BY_ACTION: Final = {
    Action.FAILED: What.FAILED,
    Action.DELAYED: What.DELAYED,
    Action.DELIVERED: What.DELIVERED,
    Action.RELAYED: What.DELIVERED,
}
_TWICE: Final = "this report names the address more than once, and once is enough"


class Original(NamedTuple):
    """Which message of ours: its ENVID (RFC 3461 §4.4), its Message-ID, or both."""

    envelope_id: str | None
    message_id: str | None

    def same(self, other: Original) -> bool:
        """Return whether both are one message; the envelope ids decide, where both have one."""
        if self.envelope_id and other.envelope_id:
            return self.envelope_id == other.envelope_id
        return bool(self.message_id) and self.message_id == other.message_id

    @property
    def names(self) -> tuple[str, ...]:
        """The names that it has."""
        return tuple(name for name in self if name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line of ``events`` before it is decided on.

    ``aside`` is why it changes nothing, whatever it says.  ``storm`` and ``down_since`` are what
    was known of the recipient's domain.  ``position`` is its place in the order of decisions, where
    it stands for an older event.
    """

    at: datetime
    origin: str
    what: What
    stream: str = "default"
    place: Place | None = None
    address: str | None = None
    judged: Judged | None = None
    original: Original | None = None
    trust: Trust | None = None
    aside: str | None = None
    storm: bool = False
    down_since: datetime | None = None
    who: str | None = None
    reason: str | None = None
    cause: Cause | None = None
    domain: str | None = None
    provider: str | None = None
    until: datetime | None = None
    position: int | None = None

    @property
    def verdict(self) -> Verdict | None:
        """Why it failed, if it did."""
        return self.judged.verdict if self.judged else None

    def event(self, already: Effect | None) -> Event:
        """Return what the policy hears; *already* is what this message has done before."""
        return Event(
            what=self.what,
            verdict=self.verdict,
            already=already,
            trust=self.trust,
            aside=self.aside,
            storm=self.storm,
            down_since=self.down_since,
            cause=self.cause,
            who=self.who,
            why=self.reason,
            until=self.until,
        )


def of_message(incoming: Incoming) -> list[Fact]:
    """Return what *incoming* says of each of its recipients.

    Of several that have one address the gravest acts, so that one report does one thing.
    """
    about = original(incoming)
    at, stream = utc(incoming.received_at), place(incoming.stream, "").stream
    facts = [
        Fact(
            at=at,
            origin="report",
            what=_what(incoming, one),
            stream=stream,
            place=_place(incoming, one),
            address=one.address,
            judged=one,
            original=about,
            trust=incoming.trust,
            aside=one.aside,
        )
        for one in incoming.reading.judged
    ]
    idle = _named_twice(facts)
    return [
        replace(fact, aside=_TWICE) if number in idle else fact for number, fact in enumerate(facts)
    ]


def of_dialogue(seen: Observed) -> Fact:
    """Return what our own SMTP client saw of a recipient."""
    at = place(seen.stream, seen.address)
    return Fact(
        at=utc(seen.at),
        origin=seen.origin,
        what=What.FAILED if seen.judged else What.DELIVERED,
        stream=at.stream,
        place=_addressed(at),
        address=seen.address,
        judged=seen.judged,
        original=_original(None, seen.original),
        who=seen.who,
    )


def by_operator(
    what: What,
    address: str,
    stream: str,
    at: datetime,
    *,
    who: str,
    reason: str | None = None,
    cause: Cause | None = None,
) -> Fact:
    """Return what an operator does to *address*, or to a whole domain as ``@example.org``."""
    where = place(stream, address)
    return Fact(
        at=utc(at),
        origin="operator",
        what=what,
        stream=where.stream,
        place=where,
        address=address,
        who=who,
        reason=reason,
        cause=cause,
    )


def original(incoming: Incoming) -> Original | None:
    """Return which message of ours *incoming* is about, where it says so."""
    report = incoming.reading.report
    message_id = report.returned.message_id if report.returned else None
    return _original(report.original_envelope_id, message_id or _queued(report))


def places(incoming: Incoming) -> Iterator[Place]:
    """Yield the places whose state *incoming* may change."""
    for one in incoming.reading.judged:
        if at := _place(incoming, one):
            yield at


def queued(queue_id: str) -> str:
    """Return what stands for the Message-ID of a mail without one: its id in Postfix's queue."""
    return f"queue id {queue_id}"


def _queued(report: Report) -> str | None:
    found = (value for name, value in report.extensions if name.lower() == "x-postfix-queue-id")
    return next((queued(value.strip()) for value in found), None)


def _original(envelope_id: str | None, message_id: str | None) -> Original | None:
    found = Original(name_of(envelope_id), name_of(message_id))
    return found if any(found) else None


def name_of(name: str | None) -> str | None:
    """Return the name of a message as an index can hold it, and without the brackets around it."""
    name = storable((name or "").strip().removeprefix("<").removesuffix(">").strip())
    if len(name) > _MAX_NAME:
        return "sha256:" + hashlib.sha256(name.encode()).hexdigest()
    return name or None


def _place(incoming: Incoming, one: Judged) -> Place | None:
    return _addressed(place(incoming.stream, one.address)) if one.address else None


def _addressed(at: Place) -> Place | None:
    """Return *at*; ``@example.org`` would be the whole domain, which only operators block."""
    return None if not at.key or at.key.startswith("@") else at


def _what(incoming: Incoming, one: Judged) -> What:
    kind = incoming.reading.report.kind
    if kind is Kind.COMPLAINT and one.verdict and one.verdict.cause is Cause.COMPLAINT:
        return What.COMPLAINT
    action = one.recipient.action
    return _BY_ACTION.get(action, What.NOTED) if kind is Kind.BOUNCE and action else What.NOTED


def _named_twice(facts: list[Fact]) -> set[int]:
    """Return the numbers of those that say of an address what a graver one says already."""
    found: dict[Place, list[tuple[int, int]]] = {}
    for number, fact in enumerate(facts):
        if fact.place and not fact.aside:
            found.setdefault(fact.place, []).append((_gravity(fact), -number))
    return {-number for ranks in found.values() for _, number in sorted(ranks)[:-1]}


def _gravity(fact: Fact) -> int:
    hard = fact.verdict is not None and fact.verdict.type is Type.HARD
    if fact.what is What.FAILED:
        return 4 if hard else 3
    return {What.COMPLAINT: 5, What.DELIVERED: 2, What.DELAYED: 1}.get(fact.what, 0)
