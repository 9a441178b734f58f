"""The outbox: webhooks to call and messages to forward; and which blocks end when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the table and the index."""
    op.create_table(
        "outbox",
        sa.Column("id", _ID, nullable=False),
        sa.Column("target", _TEXT, nullable=False),
        sa.Column("webhook_id", _TEXT, nullable=False),
        sa.Column("topic", _TEXT, nullable=False),
        sa.Column("lane", _TEXT, nullable=False),
        sa.Column("at", _WHEN, nullable=False),
        sa.Column("data", sa.JSON, nullable=False),
        sa.Column("message_id", _ID),
        sa.Column("created_at", _WHEN, nullable=False),
        sa.Column("due_at", _WHEN),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("dead_at", _WHEN),
        sa.Column("last_error", _TEXT),
        sa.PrimaryKeyConstraint("id", name="pk_outbox"),
        sa.UniqueConstraint("webhook_id", name="uq_outbox_webhook_id"),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name="fk_outbox_message_id"),
    )
    op.create_index("ix_outbox_message_id", "outbox", ["message_id"])
    op.create_index("ix_outbox_target_due_at", "outbox", ["target", "due_at"])
    op.create_index("ix_outbox_target_lane_id", "outbox", ["target", "lane", "id"])
    op.create_index("ix_recipients_expires_at", "recipients", ["expires_at"])


def downgrade() -> None:
    """Drop them, and what was not told yet."""
    op.drop_index("ix_recipients_expires_at", "recipients")
    op.drop_table("outbox")
