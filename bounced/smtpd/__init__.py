"""Receiving: SMTP and LMTP in, stored messages out.  The only place that knows aiosmtpd."""

from __future__ import annotations

from bounced.smtpd.connection import Service
from bounced.smtpd.intake import Intake, QueueIds, Writes
from bounced.smtpd.listener import PROTOCOLS, Listeners

__all__ = ["PROTOCOLS", "Intake", "Listeners", "QueueIds", "Service", "Writes"]
