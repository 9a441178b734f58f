"""What goes out by itself: webhooks, and messages forwarded to a person.

A part of the daemon, fed by the outbox of the store.  Nothing here can hold up the mail that comes
in: it has its own threads, and it asks the database for no more than it can send at a time.
"""

from __future__ import annotations

from bounced.outgoing.courier import Failure
from bounced.outgoing.outgoing import Outgoing
from bounced.outgoing.webhook import Hook, payload

__all__ = ["Failure", "Hook", "Outgoing", "payload"]
