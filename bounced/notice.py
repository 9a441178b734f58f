"""What the sender is told at once: the topics, and a notice of each thing that happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Topic(StrEnum):
    """What a notice is about; the ``type`` of its webhook."""

    RECIPIENT_BLOCKED = "recipient.blocked"
    RECIPIENT_UNBLOCKED = "recipient.unblocked"
    RECIPIENT_SOFT = "recipient.soft"
    COMPLAINT = "complaint"
    INCIDENT_OPENED = "incident.opened"
    INCIDENT_CLOSED = "incident.closed"
    STORM_STARTED = "storm.started"
    STORM_ENDED = "storm.ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing to tell.

    Notices with the same ``key`` (an address's, an incident's) arrive in order; ``at`` is when it
    happened; without a ``stream`` it concerns all of them.  ``data`` is what JSON can hold, and
    times, codes and enums.
    """

    topic: Topic
    key: str
    at: datetime
    stream: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
