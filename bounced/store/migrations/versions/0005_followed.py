"""How far each mail log has been read, and which mails were in the queue then."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "followed",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("generation", _BIG, nullable=False),
        sa.Column("head", sa.Text),
        sa.Column("position", _BIG, nullable=False),
        sa.Column("cursor", sa.Text),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_followed"),
    )
    op.create_table(
        "followed_mails",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("mail", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text),
        sa.Column("sender", sa.Text),
        sa.PrimaryKeyConstraint("name", "mail", name="pk_followed_mails"),
    )


def downgrade() -> None:
    """Drop both."""
    op.drop_table("followed_mails")
    op.drop_table("followed")
