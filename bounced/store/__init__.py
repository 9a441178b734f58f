"""The store: messages, reports, events, the state of each address, and the audit trail.

SQLAlchemy Core; SQLite by default, PostgreSQL by its URL.  :class:`Store` records and answers,
:class:`Writer` commits what many senders bring, together.
"""

from __future__ import annotations

from bounced.store.apply import Effects
from bounced.store.backup import back_up, restore
from bounced.store.counts import Counts
from bounced.store.facts import Fact, by_operator
from bounced.store.incidents import Incident
from bounced.store.letters import Letter, Letters, Settled
from bounced.store.lists import Import, Taken
from bounced.store.outbox import FORWARD, Outbox
from bounced.store.rejudge import Change, Changes, Kept
from bounced.store.store import Store
from bounced.store.storms import Storm
from bounced.store.values import HistoryEntry, Incoming, Observed, Outcome, Recorded, Sent
from bounced.store.writer import Writer

__all__ = [
    "FORWARD",
    "Change",
    "Changes",
    "Counts",
    "Effects",
    "Fact",
    "HistoryEntry",
    "Import",
    "Incident",
    "Incoming",
    "Kept",
    "Letter",
    "Letters",
    "Observed",
    "Outbox",
    "Outcome",
    "Recorded",
    "Sent",
    "Settled",
    "Store",
    "Storm",
    "Taken",
    "Writer",
    "back_up",
    "by_operator",
    "restore",
]
