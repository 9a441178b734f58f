"""Storms, sender incidents, and all that went into a decision."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WHEN = sa.DateTime(timezone=True)
_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_INDEXES = (
    ("key", "stream", "original_message_id"),
    ("domain", "at"),
    ("provider", "at"),
    ("storm_id",),
)


def upgrade() -> None:
    """Create the tables, and widen ``events``."""
    _storms()
    _incidents()
    with op.batch_alter_table("events") as events:
        events.add_column(sa.Column("original_message_id", _TEXT))
        events.add_column(sa.Column("reason", _TEXT))
        events.add_column(sa.Column("aside", _TEXT))
        events.add_column(sa.Column("down_since", _WHEN))
        events.add_column(sa.Column("domain", _TEXT))
        events.add_column(sa.Column("provider", _TEXT))
        events.add_column(sa.Column("storm_id", _ID))
        events.add_column(sa.Column("superseded_by", _ID))
        events.add_column(sa.Column("effect_now", _TEXT))
        events.add_column(sa.Column("position", _ID))
        events.create_foreign_key("fk_events_storm_id", "storms", ["storm_id"], ["id"])
        for columns in _INDEXES:
            events.create_index(f"ix_events_{'_'.join(columns)}", list(columns))


def downgrade() -> None:
    """Drop what ``upgrade`` has made."""
    with op.batch_alter_table("events") as events:
        for columns in _INDEXES:
            events.drop_index(f"ix_events_{'_'.join(columns)}")
        events.drop_constraint("fk_events_storm_id", type_="foreignkey")
        for name in ("original_message_id", "reason", "aside", "down_since", "domain", "provider"):
            events.drop_column(name)
        events.drop_column("storm_id")
        events.drop_column("superseded_by")
        events.drop_column("effect_now")
        events.drop_column("position")
    for table in ("incident_recipients", "incidents", "storms"):
        op.drop_table(table)


def _storms() -> None:
    op.create_table(
        "storms",
        sa.Column("id", _ID, nullable=False),
        sa.Column("scope", _TEXT, nullable=False),
        sa.Column("name", _TEXT, nullable=False),
        sa.Column("cause", _TEXT, nullable=False),
        sa.Column("started_at", _WHEN, nullable=False),
        sa.Column("last_at", _WHEN, nullable=False),
        sa.Column("ended_at", _WHEN),
        sa.PrimaryKeyConstraint("id", name="pk_storms"),
    )
    op.create_index("ix_storms_name_cause", "storms", ["name", "cause"])


def _incidents() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", _ID, nullable=False),
        sa.Column("cause", _TEXT, nullable=False),
        sa.Column("ours", _TEXT, nullable=False),
        sa.Column("refuser", _TEXT, nullable=False),
        sa.Column("opened_at", _WHEN, nullable=False),
        sa.Column("last_at", _WHEN, nullable=False),
        sa.Column("closed_at", _WHEN),
        sa.Column("closed_by", _TEXT),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("evidence", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_incidents"),
    )
    op.create_index(
        "ix_incidents_open",
        "incidents",
        ["refuser", "ours", "cause"],
        unique=True,
        sqlite_where=sa.text("closed_at IS NULL"),
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "incident_recipients",
        sa.Column("incident_id", _ID, nullable=False, autoincrement=False),
        sa.Column("stream", _TEXT, nullable=False),
        sa.Column("key", _TEXT, nullable=False),
        sa.Column("domain", _TEXT, nullable=False),
        sa.PrimaryKeyConstraint("incident_id", "stream", "key", name="pk_incident_recipients"),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["incidents.id"], name="fk_incident_recipients_incident_id"
        ),
    )
