"""Receiving: SMTP and LMTP in, stored messages out.  Nothing here sends mail on."""

from __future__ import annotations

from bounced.smtpd.intake import Intake, QueueIds, Writes
from bounced.smtpd.listener import PROTOCOLS, Listeners
from bounced.smtpd.service import Service
from bounced.smtpd.tls import Certificate

__all__ = ["PROTOCOLS", "Certificate", "Intake", "Listeners", "QueueIds", "Service", "Writes"]
