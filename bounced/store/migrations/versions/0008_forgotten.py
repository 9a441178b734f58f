"""Addresses that were forgotten: when, and the key of the hashes that stand for them."""

from __future__ import annotations

from secrets import token_hex

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    secrets = op.create_table(
        "secrets",
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("value", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_secrets"),
    )
    op.bulk_insert(secrets, [{"name": "forgotten", "value": token_hex(32)}])
    op.create_table(
        "forgotten",
        sa.Column("id", _ID, nullable=False),
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_forgotten"),
    )
    op.create_index("ix_forgotten_key", "forgotten", ["key"])


def downgrade() -> None:
    """Drop them; blocks of forgotten addresses hold no longer."""
    op.drop_index("ix_forgotten_key", "forgotten")
    op.drop_table("forgotten")
    op.drop_table("secrets")
