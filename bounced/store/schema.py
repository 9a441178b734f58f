"""The tables, by noun.  A change here needs a migration beside it; a test compares the two.

``events`` and ``audit`` only grow; three marks on an event are set later.  ``recipients`` is what
follows from them, kept so that asking costs one look-up.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table

from bounced.store.naming import OPEN, alike, metadata, sparse
from bounced.store.types import BigId, SafeJson, SafeText, UtcDateTime

messages = Table(
    "messages",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("fingerprint", SafeText, nullable=False, unique=True),
    Column("seen", Integer, nullable=False),  # 1, and one more for each redelivery
    Column("received_at", UtcDateTime, nullable=False),
    Column("queue_id", SafeText, nullable=False),
    Column("source", SafeText, nullable=False),
    Column("peer", SafeText, nullable=False),
    Column("stream", SafeText, nullable=False),
    Column("kind", SafeText, nullable=False),
    Column("reverse_path", SafeText),
    Column("forward_paths", SafeJson, nullable=False),
    # What MAIL told beside its path, and each RCPT; null in rows older than that.
    Column("parameters", SafeText),
    Column("forward_parameters", SafeJson),
    Column("size", BigId, nullable=False),
    Column("trust", SafeText),
    Column("matched", SafeText),  # how we know whom we mailed; null where we don't
)

raw_messages = Table(
    "raw_messages",
    metadata,
    Column("message_id", BigId, ForeignKey("messages.id"), primary_key=True, autoincrement=False),
    Column("zlib", LargeBinary, nullable=False),
    Column("expires_at", UtcDateTime, index=True),
)

reports = Table(
    "reports",
    metadata,
    Column("message_id", BigId, ForeignKey("messages.id"), primary_key=True, autoincrement=False),
    Column("source", SafeText, nullable=False),
    Column("because", SafeText, nullable=False),
    Column("reporting_mta", SafeText),
    Column("original_envelope_id", SafeText),
    Column("arrival_date", UtcDateTime),
    Column("dsn_gateway", SafeText),
    Column("received_from_mta", SafeText),
    # The notice's own header fields, and those of the message that it returns.
    Column("own_message_id", SafeText),
    Column("own_from", SafeText),
    Column("own_subject", SafeText),
    Column("own_date", UtcDateTime),
    Column("returned_message_id", SafeText),
    Column("returned_from", SafeText),
    Column("returned_to", SafeText),
    Column("returned_subject", SafeText),
    Column("returned_date", UtcDateTime),
    Column("returned_list_id", SafeText),
    Column("returned_headers", SafeJson),
    Column("returned_part", SafeText),
    Column("recipients", SafeJson, nullable=False),  # each with every field the notice has of it
    Column("feedback", SafeJson),
    Column("extensions", SafeJson, nullable=False),
    Column("defects", SafeJson, nullable=False),
)

storms = Table(
    "storms",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("scope", SafeText, nullable=False),  # domain or provider
    Column("name", SafeText, nullable=False),
    Column("cause", SafeText, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    # Of hard failures: an operator says that they are right.
    Column("confirmed_at", UtcDateTime),
    Column("confirmed_by", SafeText),
    Column("confirmed_why", SafeText),
    # Some of its failures were deleted, first then: what is left no longer says whether it was one.
    Column("thinned_at", UtcDateTime),
    Index(None, "name", "cause"),
    sparse("thinned_at", "thinned_at"),
)

# How much was delivered to each domain, in slots of ten minutes: most deliveries are no events.
deliveries = Table(
    "deliveries",
    metadata,
    Column("at", UtcDateTime, primary_key=True),
    Column("domain", SafeText, primary_key=True),
    Column("count", BigId, nullable=False),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("cause", SafeText, nullable=False),
    Column("ours", SafeText, nullable=False),  # which host or domain of ours is refused
    Column("refuser", SafeText, nullable=False),  # by which block list or provider
    Column("opened_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    Column("closed_by", SafeText),
    Column("failures", Integer, nullable=False),
    Column("evidence", SafeText, nullable=False),  # the refuser's words, the last ones
    Index("ix_incidents_open", "refuser", "ours", "cause", unique=True, **OPEN),
)

incident_recipients = Table(
    "incident_recipients",
    metadata,
    Column("incident_id", BigId, ForeignKey("incidents.id"), primary_key=True, autoincrement=False),
    Column("stream", SafeText, primary_key=True),
    Column("key", SafeText, primary_key=True),
    Column("domain", SafeText, nullable=False),
)

events = Table(
    "events",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("message_id", BigId, ForeignKey("messages.id")),
    Column("stream", SafeText, nullable=False),
    Column("key", SafeText),
    Column("address", SafeText),
    Column("at", UtcDateTime, nullable=False),
    Column("origin", SafeText, nullable=False),
    Column("what", SafeText, nullable=False),
    Column("action", SafeText),
    Column("status", SafeText),
    Column("smtp_code", Integer),
    Column("cause", SafeText),
    Column("type", SafeText),
    Column("rule", SafeText),
    Column("evidence", SafeText),
    Column("trust", SafeText),
    Column("effect", SafeText, nullable=False),
    Column("why", SafeText, nullable=False),
    Column("who", SafeText),
    # Which message of ours it is about: its ENVID, else its Message-ID; and its Message-ID.
    Column("original", SafeText),
    Column("original_message_id", SafeText),
    # What else went into the decision, so that it can be made again.
    Column("reason", SafeText),
    Column("aside", SafeText),
    Column("down_since", UtcDateTime),
    Column("expires_at", UtcDateTime),
    # Who answers for the address: of events that may change a state, and of no others.
    Column("domain", SafeText),
    Column("provider", SafeText),
    # The marks that are set later: it was part of a storm; it was judged again; it was decided on
    # again, and does something else now.
    Column("storm_id", BigId, ForeignKey("storms.id")),
    Column("superseded_by", BigId),
    Column("effect_now", SafeText),
    # Its place in the order of decisions, where that is not its own id: an event that stands for
    # an older one, or the first that was decided on again.
    Column("position", BigId),
    Index(None, "key", "stream", "original"),
    sparse("original_message_id", "key", "stream", "original_message_id"),
    sparse("domain", "domain", "at"),
    *alike("domain"),
    *alike("provider"),
    sparse("message_id", "message_id"),
    sparse("storm_id", "storm_id"),
)

sent = Table(
    "sent",
    metadata,
    # A Message-ID or an ENVID of ours, and one of those whom that message went to.
    Column("name", SafeText, primary_key=True),
    Column("stream", SafeText, primary_key=True),
    Column("key", SafeText, primary_key=True),
    Column("address", SafeText, nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
)

recipients = Table(
    "recipients",
    metadata,
    Column("stream", SafeText, primary_key=True),
    Column("key", SafeText, primary_key=True),
    Column("address", SafeText, nullable=False),
    Column("domain", SafeText, nullable=False, index=True),
    Column("blocked", Boolean, nullable=False),
    Column("since", UtcDateTime),
    Column("expires_at", UtcDateTime, index=True),
    Column("blocked_by", SafeText),
    Column("why", SafeText),
    Column("cause", SafeText),
    Column("rule", SafeText),
    Column("evidence", SafeText),
    Column("soft_count", Integer, nullable=False),
    Column("first_soft_at", UtcDateTime),
    Column("last_soft_at", UtcDateTime),
    Column("first_spared_at", UtcDateTime),  # hard failures that a storm has spared
    Column("last_spared_at", UtcDateTime),
    Column("last_failure_at", UtcDateTime),
    Column("last_delivery_at", UtcDateTime),
    Column("complaints", Integer, nullable=False),
    Column("cleared_at", UtcDateTime),
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("event_id", BigId, ForeignKey("events.id"), nullable=False, index=True),
    Column("stream", SafeText, nullable=False),
    Column("key", SafeText, nullable=False),
    Column("who", SafeText),
    Column("effect", SafeText, nullable=False),
    Column("before", SafeJson, nullable=False),
    Column("after", SafeJson, nullable=False),
    Column("why", SafeText, nullable=False),
    Index(None, "key", "stream"),
)

followed = Table(
    "followed",
    metadata,
    Column("name", SafeText, primary_key=True),  # which log, of which machine
    Column("generation", BigId, nullable=False),  # one more with each commit
    Column("head", SafeText),  # which file: a hash of its first line
    Column("position", BigId, nullable=False),  # octets of it that have been read
    Column("cursor", SafeText),  # the same of a journal
    Column("updated_at", UtcDateTime, nullable=False),
)

followed_mails = Table(
    "followed_mails",
    metadata,
    Column("name", SafeText, primary_key=True),
    Column("mail", SafeText, primary_key=True),  # host/instance/queue id
    Column("message_id", SafeText),
    Column("sender", SafeText),
)

# What is to be told and was not yet, or never could be: webhooks, and messages to forward.
outbox = Table(
    "outbox",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("target", SafeText, nullable=False),  # the webhook's name, or "forward"
    Column("webhook_id", SafeText, nullable=False, unique=True),
    Column("topic", SafeText, nullable=False),
    Column("lane", SafeText, nullable=False),  # what must arrive in the order of the ids
    Column("at", UtcDateTime, nullable=False),
    Column("data", SafeJson, nullable=False),
    Column("message_id", BigId, ForeignKey("messages.id"), index=True),  # to forward
    Column("created_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime),  # when to try next; while somebody tries, when he is given up
    Column("attempts", Integer, nullable=False),
    Column("dead_at", UtcDateTime),
    Column("last_error", SafeText),
    Index(None, "target", "due_at"),
    Index(None, "target", "lane", "id"),
)

# Addresses of which nothing is left but a hash; the blocks of some, under that, in recipients.
forgotten = Table(
    "forgotten",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("key", SafeText, nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("who", SafeText, nullable=False),
)

secrets = Table(
    "secrets",
    metadata,
    Column("name", SafeText, primary_key=True),
    Column("value", SafeText, nullable=False),
)
