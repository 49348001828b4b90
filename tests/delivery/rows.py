"""Reading and moving the rows of deliveries in tests."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from neoserra import extensions
from neoserra.identity.codes import Owner, Purpose
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, Attempt, Delivery, Event, EventKind


def owner(account: Account, visitor: Visitor) -> Owner:
    return Owner(account.id, visitor.browser, Purpose.SIGN_IN)


def delivery(reference: str) -> Delivery:
    with extensions.database.transaction() as db:
        return db.scalars(select(Delivery).filter_by(reference=reference)).one()


def all_of(account: Account) -> list[Delivery]:
    """The deliveries of the account, oldest first."""
    with extensions.database.transaction() as db:
        return list(db.scalars(select(Delivery).filter_by(account_id=account.id).order_by(Delivery.id)))


def account(account_id: int) -> Account:
    with extensions.database.transaction() as db:
        return db.get_one(Account, account_id)


def attempts(reference: str) -> list[Attempt]:
    query = select(Attempt).join(Delivery, Attempt.delivery_id == Delivery.id).where(Delivery.reference == reference)
    with extensions.database.transaction() as db:
        return list(db.scalars(query.order_by(Attempt.number)))


def events(kind: EventKind) -> list[Event]:
    with extensions.database.transaction() as db:
        return list(db.scalars(select(Event).filter_by(kind=kind).order_by(Event.id)))


def change(reference: str, **values: Any) -> None:
    with extensions.database.transaction() as db:
        db.execute(update(Delivery).where(Delivery.reference == reference).values(**values))


def move_phone(account: Account, mobile: str | None) -> None:
    """Another number for the account: the outbox simulates failures by number."""
    account.mobile = mobile
    with extensions.database.transaction() as db:
        db.execute(update(Account).where(Account.id == account.id).values(mobile=mobile))
