"""Messages that we were told of, and how far each report is believed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create ``sent``, and widen ``messages``."""
    op.create_table(
        "sent",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", "stream", "key", name="pk_sent"),
    )
    op.create_index("ix_sent_at", "sent", ["at"])
    op.add_column("messages", sa.Column("trust", sa.Text))
    op.add_column("messages", sa.Column("matched", sa.Text))


def downgrade() -> None:
    """Drop what ``upgrade`` has made."""
    with op.batch_alter_table("messages") as messages:
        messages.drop_column("matched")
        messages.drop_column("trust")
    op.drop_table("sent")
