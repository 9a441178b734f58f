"""The log: structlog set up once, and every event that is ever logged, by name.

One event a message, ``message``, tells all that was made of it.  Never a message body; addresses
are hashed where ``log.addresses`` says so; every text from outside goes through :func:`escape`.
A log that can't be written never stops the mail.  structlog is known here and nowhere else.
"""

from __future__ import annotations

from bounced.escape import escape
from bounced.log.events import Failed, Log
from bounced.log.setup import hashed, setup

__all__ = ["Failed", "Log", "escape", "hashed", "setup"]
