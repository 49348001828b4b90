"""Deliveries of the past: reading back those that a query finds and the last to somebody, and deleting old ones."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, exists, not_, or_
from sqlalchemy.orm import aliased

from neoserra import clock, extensions
from neoserra.delivery.unlocked import unlocked
from neoserra.identity import reachability
from neoserra.models import Account, Delivery, State

KEPT = timedelta(days=30)  # numbers and addresses of people no longer than they help to find out what went wrong
DELETED_AT_A_TIME = 1000


def found(query: Select[Any]) -> list[Delivery]:
    """The deliveries whose whole rows `query` selects, in its order."""
    with extensions.database.connection() as connection:
        return [Delivery(**row._mapping) for row in connection.execute(query)]


def latest(account_id: int, most: int) -> list[Delivery]:
    """The last deliveries to the account, newest first."""
    row = Delivery.__table__
    return found(row.select().where(row.c.account_id == account_id).order_by(row.c.id.desc()).limit(most))


def delete_old() -> None:
    """Delete what was asked for more than 30 days ago, with its attempts, some of it at each call (ASVS 14.2.7).

    The last message to where somebody's codes go stays when it failed: it tells that no code reaches them.
    """
    old = and_(
        Delivery.created_at < clock.now() - KEPT, or_(Delivery.state != State.FAILED, not_(_tells_of_somebody()))
    )
    with extensions.database.connection() as connection:
        connection.execute(delete(Delivery).where(unlocked(old, DELETED_AT_A_TIME)))


def _tells_of_somebody() -> ColumnElement[bool]:
    later = aliased(Delivery)
    settled = later.state.in_(reachability.SETTLED)
    same = and_(later.account_id == Delivery.account_id, later.destination == Delivery.destination)
    superseded = exists().where(same, settled, later.id > Delivery.id)
    gets_codes = exists().where(Account.id == Delivery.account_id, Delivery.destination == reachability.WHERE_CODES_GO)
    return and_(gets_codes, not_(superseded))
