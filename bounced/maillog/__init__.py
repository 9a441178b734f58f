"""What Postfix writes into the mail log: lines in, deliveries and rejections out.  Pure.

:mod:`lines` knows how the log writes a line down, :mod:`postfix` what Postfix says in it, and
:mod:`queue` puts together what several lines say of one mail.
"""

from __future__ import annotations

from bounced.maillog.lines import Line, journal, syslog
from bounced.maillog.postfix import Delivery, Relay, read
from bounced.maillog.queue import Mail, Queue, Seen

__all__ = ["Delivery", "Line", "Mail", "Queue", "Relay", "Seen", "journal", "read", "syslog"]
