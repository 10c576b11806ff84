"""The script that alembic runs for each command: it runs the revisions in the transaction that the store has begun."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
