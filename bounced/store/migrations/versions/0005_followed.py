"""How far each mail log has been read, and which mails were in the queue then."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "followed",
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("generation", _BIG, nullable=False),
        sa.Column("head", _TEXT),
        sa.Column("position", _BIG, nullable=False),
        sa.Column("cursor", _TEXT),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_followed"),
    )
    op.create_table(
        "followed_mails",
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("mail", _TEXT, nullable=False),
        sa.Column("message_id", _TEXT),
        sa.Column("sender", _TEXT),
        sa.PrimaryKeyConstraint("name", "mail", name="pk_followed_mails"),
    )


def downgrade() -> None:
    """Drop both."""
    op.drop_table("followed_mails")
    op.drop_table("followed")
