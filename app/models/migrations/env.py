"""Run by Alembic: migrates the connection it is given, on SQLite and MySQL alike.

Opening, locking and committing belong to `app.store.schema`, which passes the connection.
"""

from alembic import context

from app.models import Row

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
