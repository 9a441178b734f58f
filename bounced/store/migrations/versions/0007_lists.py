"""Until when a list says that its block lasts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Widen ``events``."""
    with op.batch_alter_table("events") as events:
        events.add_column(sa.Column("expires_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """Take it back."""
    with op.batch_alter_table("events") as events:
        events.drop_column("expires_at")
