"""Alembic's entry: migrate the database of this process. `flask --app wsgi db upgrade` calls it."""

from typing import Any, Literal

from alembic import context
from sqlalchemy.types import TypeDecorator

from neoserra import extensions
from neoserra.models import Base


def as_plain_type(kind: str, item: object, _context: Any) -> str | Literal[False]:
    """Write our own types as the plain ones beneath them, so that a migration outlives a change of ours."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl!r}"
    return False


with extensions.database.engine.connect() as connection:
    context.configure(
        connection=connection, target_metadata=Base.metadata, render_as_batch=True, render_item=as_plain_type
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
