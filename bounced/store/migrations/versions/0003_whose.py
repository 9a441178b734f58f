"""Messages that we were told of, and how far each report is believed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Create ``sent``, and widen ``messages``."""
    op.create_table(
        "sent",
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("stream", _TEXT, nullable=False),
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("address", _TEXT, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", "stream", "key", name="pk_sent"),
    )
    op.create_index("ix_sent_at", "sent", ["at"])
    op.add_column("messages", sa.Column("trust", _TEXT))
    op.add_column("messages", sa.Column("matched", _TEXT))


def downgrade() -> None:
    """Drop what ``upgrade`` has made."""
    with op.batch_alter_table("messages") as messages:
        messages.drop_column("matched")
        messages.drop_column("trust")
    op.drop_table("sent")
