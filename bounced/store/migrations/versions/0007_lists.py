"""Until when a list says that its block lasts; indexes of events without the rows that lack it.

An import brings a million events of which nothing is known that a message tells.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# What a row must have to be in an index, and its columns.
_SPARSE = (
    ("original_message_id", ("key", "stream", "original_message_id")),
    ("domain", ("domain", "at")),
    ("provider", ("provider", "at")),
    ("message_id", ("message_id",)),
    ("storm_id", ("storm_id",)),
)


def upgrade() -> None:
    """Widen ``events``, and make its indexes smaller."""
    op.add_column("events", sa.Column("expires_at", sa.DateTime(timezone=True)))
    for filled, columns in _SPARSE:
        name = f"ix_events_{'_'.join(columns)}"
        where = sa.text(f"{filled} IS NOT NULL")
        op.drop_index(name, "events")
        op.create_index(name, "events", list(columns), sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    """Take both back."""
    for _, columns in _SPARSE:
        name = f"ix_events_{'_'.join(columns)}"
        op.drop_index(name, "events")
        op.create_index(name, "events", list(columns))
    with op.batch_alter_table("events") as events:
        events.drop_column("expires_at")
