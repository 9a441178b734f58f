"""Reports that come to return paths, genuine and forged: from their bytes to the database."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256

from bounced import pipeline
from bounced.address import read_keys, return_path
from bounced.classify import RuleBook
from bounced.model import Envelope
from bounced.store import Incoming, Outcome, Store
from bounced.whose import Ours

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
KEYS = read_keys("b Zm9yLWV4YW1wbGVzLW9ubHktbmV2ZXItdXNlLWl0")
ANNA = "anna@example.com"
GOOD = return_path(ANNA, base="bounces@b.test", keys=KEYS, at=NOW)

DSN = """\
From: MAILER-DAEMON@mx.example.com
Subject: Undelivered Mail Returned to Sender
Message-ID: <{number}@mx.example.com>
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b

We could not deliver your mail.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com
{recipients}
--b
Content-Type: text/rfc822-headers

Message-ID: <mail@b.test>

--b--
"""
RECIPIENT = """
Final-Recipient: rfc822; {address}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 User unknown
"""


def arrive(
    store: Store, rules: RuleBook, path: str, *addresses: str, at: datetime = NOW, raw: str = ""
) -> tuple[Outcome, ...]:
    """Let a report about *addresses*, or *raw*, come to a path, and return what it did."""
    recipients = "".join(RECIPIENT.format(address=one) for one in addresses)
    raw = raw or DSN.format(number=sha256(path.encode()).hexdigest(), recipients=recipients)
    envelope = Envelope(reverse_path="", forward_paths=(path,))
    reading = pipeline.examine(raw.encode(), envelope, rules, Ours(keys=KEYS), at)
    incoming = Incoming(
        raw=raw.encode(),
        reading=reading,
        envelope=envelope,
        received_at=at,
        fingerprint=pipeline.fingerprint(raw.encode() + path.encode()),
        queue_id="Q",
        source="smtp",
        stream=reading.claim.stream or "default",
        trust=reading.claim.trust,
    )
    (recorded,) = store.record([incoming])
    return recorded.outcomes
