"""What goes into the store and what comes out; no row of a table leaves it in another form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bounced.causes import Cause, Type
from bounced.model import Action, Claim, Envelope, Judged, Kind, Reading, Trust
from bounced.policy import Decision, Effect, What


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One message on its way into the store.

    ``received_at`` is the time of all its events, ``recorded_at`` when it came to us where that was
    later; ``source`` is how it came: ``smtp``, ``lmtp`` or ``replay``; ``peer`` who brought it.
    ``fingerprint`` is what makes recording idempotent.
    """

    raw: bytes
    reading: Reading
    envelope: Envelope
    received_at: datetime
    fingerprint: str
    queue_id: str
    source: str
    peer: str = ""
    stream: str = "default"
    trust: Trust = Trust.UNSIGNED
    recorded_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """What the sender's own SMTP client saw of one recipient: a rejection, or a delivery.

    ``judged`` is ``None`` for a delivery.  ``origin`` is where we know it from, such as ``log`` or
    ``api``, and ``who`` which program or person says so; ``original`` is the Message-ID.
    """

    address: str
    at: datetime
    origin: str
    who: str
    judged: Judged | None = None
    original: str | None = None
    stream: str = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A message of ours, and one of those whom it was sent to; ``name`` its Message-ID or ENVID."""

    name: str
    address: str
    at: datetime
    stream: str = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one recipient; ``decision`` is ``None`` where the notice hides the address."""

    address: str | None
    action: Action | None = None
    cause: Cause | None = None
    rule: str | None = None
    evidence: str | None = None
    decision: Decision | None = None
    trust: Trust | None = None

    @property
    def type(self) -> Type | None:
        """Hard or soft, by the cause; ``None`` where nothing failed."""
        return self.cause.info.type if self.cause else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What the commit did with one message; a duplicate changed nothing and has no outcomes.

    ``claim`` is whose message it was found to be about.
    """

    message_id: int
    duplicate: bool
    outcomes: tuple[Outcome, ...] = ()
    claim: Claim | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEntry:
    """One event of one address: what was said, what was concluded, what it did, and why.

    ``origin`` is ``report``, ``operator`` or ``policy`` (a block whose time was over).  What
    belongs to a message is ``None`` for the other two.
    """

    at: datetime
    stream: str
    address: str
    origin: str
    what: What
    effect: Effect
    why: str
    action: Action | None = None
    status: str | None = None
    smtp_code: int | None = None
    cause: Cause | None = None
    rule: str | None = None
    evidence: str | None = None
    trust: Trust | None = None
    who: str | None = None
    original: str | None = None
    message_id: int | None = None
    queue_id: str | None = None
    source: str | None = None
    kind: Kind | None = None
    reporting_mta: str | None = None

    @property
    def type(self) -> Type | None:
        """Hard or soft, by the cause; ``None`` where nothing failed."""
        return self.cause.info.type if self.cause else None
