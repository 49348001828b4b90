"""How the queues stand, for a console that asks every two seconds: one round trip to Redis and a few short queries.

What waits for its turn is counted in Redis, what waits for its next try in the rows. How long the oldest has been due
is read from the rows: of what each queue gives out next, and of the first that are due whether queued or not, so that
neither a flood nor a lost queue hides it.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, literal, select, union_all

from neoserra import clock, extensions
from neoserra.delivery import breakers, dispatchers, figures, pauses, queues, routing
from neoserra.delivery.pauses import Paused
from neoserra.delivery.sending import NOTICE_LIFE
from neoserra.identity import codes, links
from neoserra.models import WAITING_STATES, Delivery, State

LOOKED_AT = 200  # of the rows that are due, the first
MOST_SENT = 10_000  # what is in the hands of all workers is less
MOST_RETRYING = 1000  # a provider that is away fails many, and each is looked at
LIFE_SECONDS = {
    queues.CODES: codes.LIFE_SECONDS,
    queues.LINKS: links.LIFE_SECONDS[links.Kind.RESET],
    queues.NOTICES: int(NOTICE_LIFE.total_seconds()),
}

_delivery = Delivery.__table__.c


@dataclass(frozen=True, slots=True)
class QueueState:
    """`oldest_seconds` is 0 when nothing is due; `failed` is of the last 24 hours; `life_seconds` is how long what the
    queue carries is worth sending."""

    name: str
    waiting: int
    oldest_seconds: int
    in_flight: int
    failed: int
    workers: int
    paused: Paused | None
    life_seconds: int


@dataclass(frozen=True, slots=True)
class Engine:
    """The queues, how many dispatchers sweep, and until when each provider that fails is not asked."""

    queues: list[QueueState]
    dispatchers: int
    open_until: dict[str, float]


@dataclass(frozen=True, slots=True)
class _Redis:
    waiting: dict[str, int]
    heads: dict[str, str]
    workers: dict[str, int]
    open_until: dict[str, float]
    dispatchers: int
    failed: bytes | None


@dataclass(frozen=True, slots=True)
class _Rows:
    """By queue: since when the oldest has been due, how many are in a worker's hands, how many wait for a next try."""

    due: dict[str, datetime] = field(default_factory=dict)
    in_flight: Counter[str] = field(default_factory=Counter)
    retrying: Counter[str] = field(default_factory=Counter)


def now() -> Engine:
    read = _read_redis()
    rows = _read_rows(read.heads)
    paused, failed = pauses.all_paused(), figures.failed_in(read.failed)
    return Engine(
        [
            QueueState(
                name=name,
                waiting=read.waiting[name] + rows.retrying[name],
                oldest_seconds=_seconds_since(rows.due.get(name)),
                in_flight=rows.in_flight[name],
                failed=failed.get(name, 0),
                workers=read.workers[name],
                paused=paused.get(name),
                life_seconds=LIFE_SECONDS[name],
            )
            for name in queues.NAMES
        ],
        read.dispatchers,
        read.open_until,
    )


def _read_redis() -> _Redis:
    providers = routing.names()
    with extensions.redis.pipeline(transaction=False) as pipeline:
        for name in queues.NAMES:
            pipeline.llen(queues.key(name))
            pipeline.lindex(queues.key(name), 0)
            pipeline.sort(queues.workers_key(name), by="nosort", get=["*->last_heartbeat"])
        for provider in providers:
            pipeline.hget(breakers.key(provider), "until")
        pipeline.zcount(dispatchers.key(), dispatchers.lately(), "+inf")
        pipeline.get(figures.failed_in_key())
        *found, sweeping, failed = pipeline.execute()
    of_queues = {name: found[place * 3 : place * 3 + 3] for place, name in enumerate(queues.NAMES)}
    until = zip(providers, found[len(queues.NAMES) * 3 :], strict=True)
    return _Redis(
        waiting={name: each[0] for name, each in of_queues.items()},
        heads={name: each[1].decode() for name, each in of_queues.items() if each[1]},
        workers={name: len(queues.living(each[2])) for name, each in of_queues.items()},
        open_until={name: float(each) for name, each in until if each},
        dispatchers=sweeping,
        failed=failed,
    )


def _read_rows(heads: dict[str, str]) -> _Rows:
    now, rows = clock.now(), _Rows()
    with extensions.database.connection() as connection:
        for message, next_at, number, state in connection.execute(_ROWS, {"now": now, "heads": list(heads.values())}):
            name = queues.name_for(message)
            if state == State.SENDING:
                rows.in_flight[name] += number
            elif state == State.RETRYING:
                rows.retrying[name] += number
            elif next_at <= now:
                rows.due[name] = min(rows.due.get(name, next_at), next_at)
    return rows


def _seconds_since(due: datetime | None) -> int:
    return max(0, int((clock.now() - due).total_seconds())) if due else 0


def _heads() -> Select[Any]:
    waits = _delivery.state.in_(WAITING_STATES)
    query = select(_delivery.message, _delivery.next_at, literal(0), literal(""))
    return query.where(_delivery.reference.in_(bindparam("heads", expanding=True)), waits)


def _first_due(state: State) -> Select[Any]:
    first = _first(state, LOOKED_AT).where(_delivery.next_at <= bindparam("now")).subquery()
    return select(first.c.message, func.min(first.c.next_at), literal(0), literal("")).group_by(first.c.message)


def _number(of: Select[Any], state: State) -> Select[Any]:
    """How many there are for each kind of message, under the name of their state."""
    first = of.subquery()
    return select(first.c.message, func.min(first.c.next_at), func.count(), literal(str(state))).group_by(
        first.c.message
    )


def _first(state: State, most: int) -> Select[Any]:
    """By the index of state and time: without the order and the bound SQLite would read every row by its message."""
    query = select(_delivery.message, _delivery.next_at).where(_delivery.state == state)
    return query.order_by(_delivery.next_at).limit(most)


_ROWS = union_all(
    _heads(),
    _first_due(State.QUEUED),
    _first_due(State.RETRYING),
    _number(_first(State.SENDING, MOST_SENT), State.SENDING),
    _number(_first(State.RETRYING, MOST_RETRYING).where(_delivery.next_at > bindparam("now")), State.RETRYING),
)
