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
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("seen", sa.Integer, nullable=False),
        sa.Column("received_at", _WHEN, nullable=False),
        sa.Column("queue_id", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("peer", sa.Text, nullable=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("reverse_path", sa.Text),
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
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("because", sa.Text, nullable=False),
        sa.Column("reporting_mta", sa.Text),
        sa.Column("original_envelope_id", sa.Text),
        sa.Column("arrival_date", _WHEN),
        sa.Column("dsn_gateway", sa.Text),
        sa.Column("received_from_mta", sa.Text),
        sa.Column("own_message_id", sa.Text),
        sa.Column("own_from", sa.Text),
        sa.Column("own_subject", sa.Text),
        sa.Column("own_date", _WHEN),
        sa.Column("returned_message_id", sa.Text),
        sa.Column("returned_from", sa.Text),
        sa.Column("returned_to", sa.Text),
        sa.Column("returned_subject", sa.Text),
        sa.Column("returned_date", _WHEN),
        sa.Column("returned_list_id", sa.Text),
        sa.Column("returned_headers", sa.JSON),
        sa.Column("returned_part", sa.Text),
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
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("key", sa.Text),
        sa.Column("address", sa.Text),
        sa.Column("at", _WHEN, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("action", sa.Text),
        sa.Column("status", sa.Text),
        sa.Column("smtp_code", sa.Integer),
        sa.Column("cause", sa.Text),
        sa.Column("type", sa.Text),
        sa.Column("rule", sa.Text),
        sa.Column("evidence", sa.Text),
        sa.Column("trust", sa.Text),
        sa.Column("effect", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("who", sa.Text),
        sa.Column("original", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name="fk_events_message_id"),
    )
    op.create_index("ix_events_message_id", "events", ["message_id"])
    op.create_index("ix_events_key_stream_original", "events", ["key", "stream", "original"])


def _recipients() -> None:
    op.create_table(
        "recipients",
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("domain", sa.Text, nullable=False),
        sa.Column("blocked", sa.Boolean, nullable=False),
        sa.Column("since", _WHEN),
        sa.Column("expires_at", _WHEN),
        sa.Column("blocked_by", sa.Text),
        sa.Column("why", sa.Text),
        sa.Column("cause", sa.Text),
        sa.Column("rule", sa.Text),
        sa.Column("evidence", sa.Text),
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
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("who", sa.Text),
        sa.Column("effect", sa.Text, nullable=False),
        sa.Column("before", sa.JSON, nullable=False),
        sa.Column("after", sa.JSON, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name="fk_audit_event_id"),
    )
    op.create_index("ix_audit_event_id", "audit", ["event_id"])
    op.create_index("ix_audit_key_stream", "audit", ["key", "stream"])
