"""Parameters of MAIL and RCPT; and indexes for what has failed alike, however much of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Widen ``messages``, and index ``events``."""
    op.add_column("messages", sa.Column("parameters", _TEXT))
    op.add_column("messages", sa.Column("forward_parameters", sa.JSON))
    for name in ("domain", "provider"):
        filled = f"{name} IS NOT NULL"
        _index(f"ix_events_{name}_cause", [name, "cause", "at"], filled)
        unmarked = f"{filled} AND storm_id IS NULL"
        _index(f"ix_events_{name}_cause_unmarked", [name, "cause", "at"], unmarked)
    op.drop_index("ix_events_provider_at", "events")


def downgrade() -> None:
    """Take them away."""
    _index("ix_events_provider_at", ["provider", "at"], "provider IS NOT NULL")
    for name in ("domain", "provider"):
        op.drop_index(f"ix_events_{name}_cause_unmarked", "events")
        op.drop_index(f"ix_events_{name}_cause", "events")
    for name in ("forward_parameters", "parameters"):
        op.drop_column("messages", name)


def _index(name: str, columns: list[str], where: str) -> None:
    which = sa.text(where)
    op.create_index(name, "events", columns, sqlite_where=which, postgresql_where=which)
