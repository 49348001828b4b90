"""Changing many deliveries by one statement, without waiting for those that somebody else is changing.

Who waits for a row while holding others can meet somebody who does the same the other way round; PostgreSQL then ends
one of the two (SQLSTATE 40P01). Recording holds many rows, in the order in which their sending ended.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, select

from neoserra.models import Delivery

_delivery = Delivery.__table__.c


def unlocked(wanted: ColumnElement[bool], at_most: int | None = None) -> ColumnElement[bool]:
    """The condition of an UPDATE of those that are `wanted` and in nobody's transaction. On SQLite, where one writes at
    a time, these are all."""
    found = select(_delivery.id).where(wanted).limit(at_most).with_for_update(skip_locked=True)
    return _delivery.id.in_(select(found.cte("unlocked").c.id))  # as a CTE it is read once, and the limit holds
