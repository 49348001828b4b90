"""Every second: what is due and in no queue is put into one, and a clip is made where the store of sounds has room.

So a delivery that was committed and never queued, waits for its next try, or was in the hands of a worker that died
goes on by itself, and Redis may lose everything. Any number of dispatchers may run: a delivery is claimed once.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Sequence
from contextlib import suppress

from redis.exceptions import RedisError
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from neoserra import clock, extensions, measures, version
from neoserra.delivery import dispatch, dispatchers, leases, queues
from neoserra.identity import captcha_sound
from neoserra.identity.reachability import Rounds
from neoserra.models import WAITING_STATES, Delivery
from workers.housekeeping import Housekeeping

EVERY_SECONDS = 1.0
AT_A_TIME = 1000
GRACE_SECONDS = 3.0
AWAY = -EVERY_SECONDS

log = logging.getLogger(__name__)
_housekeeping = Housekeeping()
_reachability = Rounds()


def run() -> None:
    """Sweep until told to stop."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    log.info("the dispatcher sweeps")
    seconds_up = 0.0
    while not stop.wait(EVERY_SECONDS):
        seconds_up = seconds_up + EVERY_SECONDS if _sweep_if_possible(seconds_up) else AWAY
    with suppress(RedisError):
        dispatchers.left(version.VERSION)


def sweep(*, lost_too: bool = True) -> None:
    """Queue what is due and not queued, and what a dead worker had in hand."""
    if lost_too:
        dispatch.release_lost()
    for name in queues.NAMES:
        references = _due(name)
        waiting = queues.waiting(name)
        if missing := [reference for reference in references if reference not in waiting]:
            queues.put(name, missing)
            log.info("queued by the dispatcher", extra={"queue": name, "count": len(missing)})


def _due(name: str) -> Sequence[str]:
    """The references that should be in the queue, oldest first. The rest has its turn when these are gone."""
    query = (
        select(Delivery.reference)
        .where(Delivery.state.in_(WAITING_STATES), Delivery.next_at <= clock.now())
        .where(Delivery.message.in_(queues.messages(name)), leases.KNOWN)
        .order_by(Delivery.next_at)
        .limit(AT_A_TIME)
    )
    with extensions.database.connection() as connection:
        return connection.scalars(query).all()


def _sweep_if_possible(seconds_up: float) -> bool:
    """False while Redis or the database is away; told once. Workers that could not prolong their leases meanwhile have
    a few seconds to do so."""
    try:
        if seconds_up == AWAY:
            _check()
            log.info("the dispatcher goes on")
        sweep(lost_too=seconds_up >= GRACE_SECONDS)
        dispatchers.swept(version.VERSION)
        measures.flush()
        captcha_sound.fill()
        _housekeeping.if_due()
        _reachability.step()
    except (RedisError, SQLAlchemyError) as error:
        if seconds_up != AWAY:
            log.warning("the dispatcher waits: %s", type(error).__name__)
        return False
    return True


def _check() -> None:
    extensions.redis.ping()
    with extensions.database.connection() as connection:
        connection.execute(select(Delivery.id).limit(1))
