"""Who has a delivery in hand: a worker claims it by one UPDATE that can succeed once, and holds it for a lease.

The worker prolongs its leases while it lives. When it dies they end, and the delivery is known to be lost. The number
of attempts made so far tells one holder from the next: whoever takes a lost delivery back raises it.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import Row, Table, select, tuple_, update

from neoserra import clock, extensions
from neoserra.delivery.unlocked import unlocked
from neoserra.models import WAITING_STATES, Channel, Delivery, Message, State

LEASE_SECONDS = 10

_deliveries = cast("Table", Delivery.__table__)
_delivery = _deliveries.c
# What only a newer version can write, or carry, is left to its workers
KNOWN = _delivery.message.in_(list(Message)) & _delivery.channel.in_(list(Channel))


def claim(references: Sequence[str]) -> list[Delivery]:
    """Take in hand those that are due and that nobody else has in hand."""
    now = clock.now()
    due = (
        select(_delivery.id)
        .where(_delivery.reference.in_(references), _delivery.state.in_(WAITING_STATES), _delivery.next_at <= now)
        .where(KNOWN)
        .with_for_update(skip_locked=True)  # of PostgreSQL: another worker is about to claim it
    )
    lease = {
        "state": State.SENDING,
        "explanation": "",
        "worker": worker(),
        "next_at": now + _lease(),
        "changed_at": now,
    }
    query = update(_deliveries).where(_delivery.id.in_(due)).values(**lease).returning(*_delivery)
    with extensions.database.connection() as connection:
        return [_loaded(row) for row in connection.execute(query)]


def prolong(delivery_ids: Sequence[int]) -> None:
    """Hold these for another lease; nothing happens to those that are no longer being sent, or just being recorded."""
    sending = _delivery.id.in_(delivery_ids) & (_delivery.state == State.SENDING)
    query = update(_deliveries).where(unlocked(sending))
    with extensions.database.connection() as connection:
        connection.execute(query.values(next_at=clock.now() + _lease()))


def lost() -> list[Delivery]:
    """Those whose lease has ended: their worker died, or cannot reach the database."""
    query = Delivery.__table__.select().where(_delivery.state == State.SENDING, _delivery.next_at <= clock.now())
    query = query.where(KNOWN)
    with extensions.database.connection() as connection:
        return [_loaded(row) for row in connection.execute(query)]


def held(deliveries: Sequence[Delivery]) -> Any:
    """The condition that these are still in the same hands as when they were claimed."""
    same = tuple_(_delivery.id, _delivery.attempts).in_([(each.id, each.attempts) for each in deliveries])
    return (_delivery.state == State.SENDING) & same


def worker() -> str:
    """This process, as the console names it."""
    return f"{socket.gethostname()[:60]} {os.getpid()}"


def _lease() -> timedelta:
    return timedelta(seconds=LEASE_SECONDS)


def _loaded(row: Row[Any]) -> Delivery:
    return Delivery(**row._mapping)
