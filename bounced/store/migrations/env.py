"""What Alembic runs for each command: in the transaction of the connection that it is given."""

from __future__ import annotations

from alembic import context

from bounced.store import schema

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=schema.messages.metadata,
    render_as_batch=True,  # SQLite alters a table by copying it
)
with context.begin_transaction():
    context.run_migrations()
