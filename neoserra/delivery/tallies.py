"""Counting what becomes of deliveries, minute by minute, in the transaction that writes it down.

So the figures of the console agree with its rows, and cost the same whether there are a thousand or a million of those.
Minutes are kept for a day and an hour; of days before that one row each is left, for `KEPT`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Table, delete, literal_column, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from neoserra import clock, extensions, measures
from neoserra.delivery import queues
from neoserra.models import Attempt, Counted, Delivery, Message, Outcome, State, Tally

MINUTES_KEPT = timedelta(hours=25)
KEPT = timedelta(days=400)
DAYS_LOOKED_BACK = 7  # the minutes of a day that no dispatcher saw the end of stay as they are

Key = tuple[datetime, Counted, str, str, str, str]  # the columns of the primary key

_tallies = cast("Table", Tally.__table__)
_tally = _tallies.c
_KEY = [column.name for column in _tallies.primary_key]
_INSERT: dict[str, Callable[[Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}

# Of a delivery that a statement returns: the provider that accepted it first, whose sent and used code it is. In what
# SQLite is to return, SQLAlchemy names columns without their tables, and `id` would be the attempt's: hence the words.
first_accepted_by = (
    select(Attempt.provider)
    .where(Attempt.delivery_id == literal_column("deliveries.id"), Attempt.outcome == Outcome.ACCEPTED)
    .order_by(Attempt.number)
    .limit(1)
    .scalar_subquery()
)


def add(db: Session, counted: Counter[Key]) -> None:
    """Add to what was counted before. The order is the same for everybody, so that no two wait for each other."""
    if not counted:
        return
    insert = _INSERT[db.get_bind().dialect.name](_tallies)
    upsert = insert.on_conflict_do_update(index_elements=_KEY, set_={"number": _tally.number + insert.excluded.number})
    db.execute(upsert, [dict(zip(_KEY, key, strict=True)) | {"number": counted[key]} for key in sorted(counted)])


def key(delivery: Delivery, counted: Counted, at: datetime, provider: str, detail: str = "") -> Key:
    """What to count one more of, in the minute of `at`."""
    return _minute(at), counted, delivery.channel, provider, delivery.country, detail


def accepted(delivery: Delivery, provider: str, at_the_door: datetime, now: datetime, *, again: bool) -> list[Key]:
    """The keys of one that a provider accepted, asked for `at_the_door - created_at` before; `again` when one had
    accepted it before: a message more for the provider, but no code more for anybody to enter."""
    counted = [key(delivery, Counted.ACCEPTED, now, provider, _bucket(delivery.created_at, at_the_door))]
    if delivery.message == Message.SIGN_IN_CODE and not again:
        counted.append(key(delivery, Counted.CODE_SENT, delivery.created_at, provider))
    return counted


def stopped(delivery: Delivery, state: State, provider: str, reason: str, now: datetime) -> list[Key]:
    """The keys of one that failed or expired; none for other states."""
    if state not in (State.FAILED, State.EXPIRED):
        return []
    details = {Counted.FAILED: reason, Counted.FAILED_IN: queues.name_for(delivery.message)}
    return [key(delivery, counted, now, provider, detail) for counted, detail in details.items()]


def ended(delivery: Delivery, state: State, provider: str, reason: str, now: datetime) -> list[Key]:
    """The keys of one that was accepted, now that a receipt says whether it was delivered or failed."""
    if state == State.DELIVERED:
        return [key(delivery, Counted.DELIVERED, now, provider, _bucket(delivery.created_at, now))]
    return [key(delivery, Counted.UNDELIVERED, now, provider), *stopped(delivery, state, provider, reason, now)]


def fold() -> None:
    """Add up the minutes of days that are long over into a row at midnight, and delete what is older than `KEPT`."""
    today = _midnight(clock.now() - MINUTES_KEPT)
    days = [today - timedelta(days=back) for back in range(DAYS_LOOKED_BACK + 1)]
    minutes = _tally.minute.between(days[-1], today) & _tally.minute.not_in(days)
    with extensions.database.transaction() as db:
        db.execute(delete(_tallies).where(_tally.minute < clock.now() - KEPT))
        counted: Counter[Key] = Counter()
        for minute, *words, number in db.execute(delete(_tallies).where(minutes).returning(*_tally)):
            counted[cast("Key", (_midnight(minute), *words))] += number
        add(db, counted)


def _bucket(since: datetime, until: datetime) -> str:
    return str(bisect_left(measures.BOUNDS, (until - since).total_seconds()))


def _minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def _midnight(at: datetime) -> datetime:
    return _minute(at).replace(hour=0, minute=0)
