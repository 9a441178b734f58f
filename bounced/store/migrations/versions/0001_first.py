"""The first schema: messages, reports, events, recipients, audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WHEN = sa.DateTime(timezone=True)
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create all tables."""
    _messages()
    _raw_messages()
    _reports()
    _events()
    _recipients()
    _audit()


def downgrade() -> None:
    """Drop all tables, and what is in them."""
    for table in ("audit", "recipients", "events", "reports", "raw_messages", "messages"):
        op.drop_table(table)


def _messages() -> None:
    op.create_table(
        "messages",
        sa.Column("id", _ID, nullable=False),
        sa.Column("fingerprint", _TEXT, nullable=False),
        sa.Column("seen", sa.Integer, nullable=False),
        sa.Column("received_at", _WHEN, nullable=False),
        sa.Column("queue_id", _TEXT, nullable=False),
        sa.Column("source", _TEXT, nullable=False),
        sa.Column("peer", _TEXT, nullable=False),
        sa.Column("stream", _TEXT, nullable=False),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("reverse_path", _TEXT),
        sa.Column("forward_paths", sa.JSON, nullable=False),
        sa.Column("size", _ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_messages"),
        sa.UniqueConstraint("fingerprint", name="uq_messages_fingerprint"),
    )


def _raw_messages() -> None:
    op.create_table(
        "raw_messages",
        sa.Column("message_id", _ID, nullable=False, autoincrement=False),
        sa.Column("zlib", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", _WHEN),
        sa.PrimaryKeyConstraint("message_id", name="pk_raw_messages"),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name="fk_raw_messages_message_id"),
    )
    op.create_index("ix_raw_messages_expires_at", "raw_messages", ["expires_at"])


def _reports() -> None:
    op.create_table(
        "reports",
        sa.Column("message_id", _ID, nullable=False, autoincrement=False),
        sa.Column("source", _TEXT, nullable=False),
        sa.Column("because", _TEXT, nullable=False),
        sa.Column("reporting_mta", _TEXT),
        sa.Column("original_envelope_id", _TEXT),
        sa.Column("arrival_date", _WHEN),
        sa.Column("dsn_gateway", _TEXT),
        sa.Column("received_from_mta", _TEXT),
        sa.Column("own_message_id", _TEXT),
        sa.Column("own_from", _TEXT),
        sa.Column("own_subject", _TEXT),
        sa.Column("own_date", _WHEN),
        sa.Column("returned_message_id", _TEXT),
        sa.Column("returned_from", _TEXT),
        sa.Column("returned_to", _TEXT),
        sa.Column("returned_subject", _TEXT),
        sa.Column("returned_date", _WHEN),
        sa.Column("returned_list_id", _TEXT),
        sa.Column("returned_headers", sa.JSON),
        sa.Column("returned_part", _TEXT),
        sa.Column("recipients", sa.JSON, nullable=False),
        sa.Column("feedback", sa.JSON),
        sa.Column("extensions", sa.JSON, nullable=False),
        sa.Column("defects", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("message_id", name="pk_reports"),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name="fk_reports_message_id"),
    )


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("id", _ID, nullable=False),
        sa.Column("message_id", _ID),
        sa.Column("stream", _TEXT, nullable=False),
        sa.Column("key", _TEXT),
        sa.Column("address", _TEXT),
        sa.Column("at", _WHEN, nullable=False),
        sa.Column("origin", _TEXT, nullable=False),
        sa.Column("what", _TEXT, nullable=False),
        sa.Column("action", _TEXT),
        sa.Column("status", _TEXT),
        sa.Column("smtp_code", sa.Integer),
        sa.Column("cause", _TEXT),
        sa.Column("type", _TEXT),
        sa.Column("rule", _TEXT),
        sa.Column("evidence", _TEXT),
        sa.Column("trust", _TEXT),
        sa.Column("effect", _TEXT, nullable=False),
        sa.Column("why", _TEXT, nullable=False),
        sa.Column("who", _TEXT),
        sa.Column("original", _TEXT),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name="fk_events_message_id"),
    )
    op.create_index("ix_events_message_id", "events", ["message_id"])
    op.create_index("ix_events_key_stream_original", "events", ["key", "stream", "original"])


def _recipients() -> None:
    op.create_table(
        "recipients",
        sa.Column("stream", _TEXT, nullable=False),
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("address", _TEXT, nullable=False),
        sa.Column("domain", _TEXT, nullable=False),
        sa.Column("blocked", sa.Boolean, nullable=False),
        sa.Column("since", _WHEN),
        sa.Column("expires_at", _WHEN),
        sa.Column("blocked_by", _TEXT),
        sa.Column("why", _TEXT),
        sa.Column("cause", _TEXT),
        sa.Column("rule", _TEXT),
        sa.Column("evidence", _TEXT),
        sa.Column("soft_count", sa.Integer, nullable=False),
        sa.Column("first_soft_at", _WHEN),
        sa.Column("last_soft_at", _WHEN),
        sa.Column("last_failure_at", _WHEN),
        sa.Column("last_delivery_at", _WHEN),
        sa.Column("complaints", sa.Integer, nullable=False),
        sa.Column("cleared_at", _WHEN),
        sa.PrimaryKeyConstraint("stream", "key", name="pk_recipients"),
    )
    op.create_index("ix_recipients_domain", "recipients", ["domain"])


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("id", _ID, nullable=False),
        sa.Column("at", _WHEN, nullable=False),
        sa.Column("event_id", _ID, nullable=False),
        sa.Column("stream", _TEXT, nullable=False),
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("who", _TEXT),
        sa.Column("effect", _TEXT, nullable=False),
        sa.Column("before", sa.JSON, nullable=False),
        sa.Column("after", sa.JSON, nullable=False),
        sa.Column("why", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_audit_event_id"),
    )
    op.create_index("ix_audit_event_id", "audit", ["event_id"])
    op.create_index("ix_audit_key_stream", "audit", ["key", "stream"])
