"""Put together what several lines say of one mail: whose it is, which one, what became of it.

The mails that are in Postfix's queue are remembered, at most :data:`LIMIT`; of more the oldest are
forgotten, and what becomes of them is then known of nobody's mail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from bounced.maillog.lines import Line
from bounced.maillog.postfix import Delivery, MessageId, Record, Removed, Sender, read

LIMIT: Final = 100_000


class Mail(NamedTuple):
    """One mail in the queue; ``None`` is what its log has not told, or not yet."""

    message_id: str | None = None
    sender: str | None = None


class Seen(NamedTuple):
    """What became of one mail for one recipient, when, and which daemon says so."""

    at: datetime
    daemon: str
    queue_id: str
    mail: Mail
    delivery: Delivery


@dataclass(slots=True)
class Queue:
    """The mails in the queue, by host, instance and queue id, in the order of their arrival.

    ``changed`` are those that are new, other or gone since it was last emptied.
    """

    mails: dict[str, Mail] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    limit: int = LIMIT

    def take(self, line: Line) -> Seen | None:
        """Take one line, and return what became of a mail, if it says that."""
        found = read(line.daemon, line.text)
        if not found:
            return None
        queue_id, record = found
        key = f"{line.host}/{line.instance}/{queue_id}"
        if isinstance(record, Delivery):
            mail = self.mails.get(key, Mail())
            return Seen(line.at, line.daemon, queue_id, mail, record)
        self._learn(key, record)
        return None

    def changes(self) -> Mapping[str, Mail | None]:
        """Return what ``changed`` stands for; ``None`` for mails that are gone."""
        return {key: self.mails.get(key) for key in self.changed}

    def _learn(self, key: str, record: Record) -> None:
        known = self.mails.get(key)
        if isinstance(record, Removed):
            if self.mails.pop(key, None):
                self.changed.add(key)
            return
        if isinstance(record, MessageId):
            # A queue id that has a Message-ID already stands for another mail by now.
            again = known is None or known.message_id is not None
            mail = Mail(record.message_id, None if again or not known else known.sender)
        elif isinstance(record, Sender):
            mail = (known or Mail())._replace(sender=record.sender)
        else:
            return
        if mail != known:
            self.mails[key] = mail
            self.changed.add(key)
        if len(self.mails) > self.limit:
            oldest = next(iter(self.mails))
            del self.mails[oldest]
            self.changed.add(oldest)
