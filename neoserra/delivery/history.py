"""Reading deliveries back: those that a query finds, and what was sent to somebody lately."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select

from neoserra import extensions
from neoserra.models import Delivery


def found(query: Select[Any]) -> list[Delivery]:
    """The deliveries whose whole rows `query` selects, in its order."""
    with extensions.database.connection() as connection:
        return [Delivery(**row._mapping) for row in connection.execute(query)]


def latest(account_id: int, most: int) -> list[Delivery]:
    """The last deliveries to the account, newest first."""
    row = Delivery.__table__
    return found(row.select().where(row.c.account_id == account_id).order_by(row.c.id.desc()).limit(most))
