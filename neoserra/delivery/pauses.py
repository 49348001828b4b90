"""Queues that administrators pause, resume and drain. What is in a worker's hands always comes to its end.

A worker looks here once a second before it takes more. Jobs stay in their queue meanwhile, so the dispatcher has
nothing to do either; codes that are over when the queue goes on are not sent any more.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from redis.exceptions import RedisError
from sqlalchemy import ColumnElement, Connection, Table, delete, func, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from neoserra import clock, extensions
from neoserra.delivery import queues, undelivered
from neoserra.delivery.unlocked import unlocked
from neoserra.identity import events
from neoserra.identity.visitor import Actor
from neoserra.models import WAITING_STATES, Account, Delivery, EventKind, Pause, State

LOOK_SECONDS = 1.0
AT_A_TIME = 10_000  # canceled by one statement
DRAINED = "An administrator canceled everything that waited in this queue."

_deliveries = cast("Table", Delivery.__table__)
_delivery = _deliveries.c
_pause = Pause.__table__.c


@dataclass(frozen=True, slots=True)
class Paused:
    """Since when, by whom (their name) and why a queue is paused."""

    queue: str
    since: datetime
    by: str
    reason: str


@dataclass(slots=True)
class Watch:
    """Whether a queue is paused, as a worker may know it: looked at once a second, unchanged without a database."""

    queue: str
    _paused: bool = False
    _looked_at: float = field(default=float("-inf"))

    def paused(self) -> bool:
        if time.monotonic() - self._looked_at >= LOOK_SECONDS:
            with suppress(SQLAlchemyError):
                self._paused = paused(self.queue) is not None
            self._looked_at = time.monotonic()
        return self._paused


def all_paused() -> dict[str, Paused]:
    """The queues that are paused, by name."""
    account = Account.__table__.c
    query = select(_pause.queue, _pause.since, account.name, _pause.reason).where(account.id == _pause.account_id)
    with extensions.database.connection() as connection:
        return {row.queue: Paused(*row) for row in connection.execute(query)}


def paused(queue: str) -> Pause | None:
    """The pause of one queue; None while it goes."""
    with extensions.database.connection() as connection:
        row = connection.execute(Pause.__table__.select().where(_pause.queue == queue)).first()
    return Pause(**row._mapping) if row else None


def pause(queue: str, reason: str, by: Actor) -> bool:
    """False when it is paused already: that pause stays as it is."""
    try:
        with extensions.database.transaction() as db:
            db.add(Pause(queue=queue, reason=reason, account_id=by.account_id, since=clock.now()))
            events.record_act(db, EventKind.QUEUE_PAUSED, by, None, queue=queue, reason=reason)
    except IntegrityError:
        return False
    return True


def resume(queue: str, by: Actor) -> bool:
    """False when it was not paused."""
    with extensions.database.transaction() as db:
        ended = db.scalars(delete(Pause).where(_pause.queue == queue).returning(_pause.queue)).all()
        if ended:
            events.record_act(db, EventKind.QUEUE_RESUMED, by, None, queue=queue)
    return bool(ended)


def to_drain(queue: str) -> int:
    """How many wait for their turn or for their next try."""
    with extensions.database.connection() as connection:
        return _number(connection, queue)


def drain(queue: str, by: Actor) -> int:
    """Cancel everything that waits in the queue; how many that was.

    So many at a time that none of it passes the database's time limit. The event is written with the first of them: it
    is there whatever happens to the others, and tells how many waited then.
    """
    with extensions.database.transaction() as db:
        some = _cancel_some(db, queue)
        if some:
            left = _number(db.connection(), queue) if len(some) == AT_A_TIME else 0
            events.record_act(db, EventKind.QUEUE_DRAINED, by, None, queue=queue, canceled=len(some) + left)
    canceled = list(some)
    while len(some) == AT_A_TIME:
        with extensions.database.transaction() as db:
            some = _cancel_some(db, queue)
        canceled += some
    with suppress(RedisError):  # jobs that stay behind are of canceled rows, and no worker claims those
        queues.empty(queue)  # what was put in meanwhile is still due, and the dispatcher puts it in again
    undelivered.open_the_gaps(canceled)
    return len(canceled)


def _cancel_some(db: Session, queue: str) -> list[Delivery]:
    """What was asked for is forgotten, as always. What is being claimed just now is left to its worker."""
    now = clock.now()
    canceled = {"state": State.CANCELED, "explanation": DRAINED, "asked_for": "", "changed_at": now, "next_at": now}
    query = update(_deliveries).where(unlocked(_waits(queue), AT_A_TIME)).values(**canceled)
    return [Delivery(**row._mapping) for row in db.execute(query.returning(*_delivery))]


def _number(connection: Connection, queue: str) -> int:
    return connection.execute(select(func.count()).where(_waits(queue))).scalar_one()


def _waits(queue: str) -> ColumnElement[bool]:
    return _delivery.state.in_(WAITING_STATES) & _delivery.message.in_(queues.messages(queue))
