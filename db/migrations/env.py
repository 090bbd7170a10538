"""Where alembic meets the connection that `db.migrate` hands it."""

from alembic import context

from db.review_models import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    # SQLite rolls back DDL too, once the driver's own transaction handling is out of the way
    transactional_ddl=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
