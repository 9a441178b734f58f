"""Storms of which not all is known any more, since addresses were forgotten or events expired."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, and an index of the few that have it."""
    op.add_column("storms", sa.Column("thinned_at", sa.DateTime(timezone=True)))
    filled = sa.text("thinned_at IS NOT NULL")
    op.create_index(
        "ix_storms_thinned_at",
        "storms",
        ["thinned_at"],
        sqlite_where=filled,
        postgresql_where=filled,
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_index("ix_storms_thinned_at", "storms")
    op.drop_column("storms", "thinned_at")
