"""Storms of hard failures: what they spare, who confirms them, and how much was delivered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME = sa.DateTime(timezone=True)
_CONFIRMED = (("confirmed_at", _TIME), ("confirmed_by", _TEXT), ("confirmed_why", _TEXT))
_SPARED = ("first_spared_at", "last_spared_at")


def upgrade() -> None:
    """Add the columns and the table."""
    for name, kind in _CONFIRMED:
        op.add_column("storms", sa.Column(name, kind))
    for name in _SPARED:
        op.add_column("recipients", sa.Column(name, _TIME))
    op.create_table(
        "deliveries",
        sa.Column("at", _TIME, nullable=False),
        sa.Column("domain", _TEXT, nullable=False),
        sa.Column("count", _NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("at", "domain", name="pk_deliveries"),
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_table("deliveries")
    for name in _SPARED:
        op.drop_column("recipients", name)
    for name, _ in _CONFIRMED:
        op.drop_column("storms", name)
