"""What became of deliveries, written down: many in one transaction, each with its attempts and what follows from them.

Only who still holds the lease may write. So two workers never both decide, and a worker that came too late changes
nothing.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from redis.exceptions import RedisError
from sqlalchemy import Row, Select, Table, func, insert, select, update
from sqlalchemy.orm import Session

from neoserra import clock, extensions, measures
from neoserra.delivery import leases, outbox, queues, receipts, stand_ins, tallies, undelivered
from neoserra.models import Attempt, Counted, Delivery, Outcome, State

CODE_WAITS = (2, 5, 15, 60)
NOTICE_WAITS = (2, 5, 15, 60, 300, 900, 3600)
UNKNOWN_OUTCOMES = 3  # a person gets the same code at most so often because answers were lost

TOO_LATE = "It was over before it could be sent."
NO_PROVIDER = "Every provider fails just now; Neoserra tries again as soon as one answers."
NOT_REPEATED = "It is not sent again, so that it does not come twice."

_deliveries = cast("Table", Delivery.__table__)
_attempts = cast("Table", Attempt.__table__)

_Moved = Mapping[int, str | None]  # the ids of those written down, with the provider that had accepted each before

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Try:
    """One provider's try. `final` tells that another provider would be refused as well."""

    provider: str
    started_at: datetime
    finished_at: datetime
    outcome: Outcome
    provider_code: str = ""
    explanation: str = ""
    provider_message_id: str = ""
    final: bool = True


@dataclass(frozen=True, slots=True)
class Carried:
    """A delivery and what was tried to send it: nothing when every provider is known to fail, or when `canceled` or
    `expired` says why it must not leave."""

    delivery: Delivery
    tries: list[Try] = field(default_factory=list)
    canceled: str = ""
    expired: bool = False

    @property
    def failed(self) -> bool:
        """No provider took it this time."""
        return not (self.canceled or self.expired) and (not self.tries or self.tries[-1].outcome != Outcome.ACCEPTED)


@dataclass(frozen=True, slots=True)
class _Verdict:
    """The values that a delivery gets; those that get the same are written by one statement."""

    state: State
    explanation: str
    provider: str
    reason: str
    next_at: datetime
    attempts: int
    asked_for: str


def record(carried: Sequence[Carried]) -> None:
    """Write down what became of these."""
    now = clock.now()
    with extensions.database.transaction() as db:
        verdicts: dict[_Verdict, list[Carried]] = {}
        for each in carried:
            verdicts.setdefault(_verdict(db, each, now), []).append(each)
        moved = {id_: first for verdict, group in verdicts.items() for id_, first in _move(db, verdict, group, now)}
        rows = [row for each in carried if each.delivery.id in moved for row in _rows(each)]
        if rows:
            db.execute(insert(_attempts), rows)
        tallies.add(db, Counter(_tallied(verdicts, moved, now)))
        mails = [mail for text in _not_taken(verdicts, moved) if (mail := stand_ins.for_text(db, text))]
    _tell(verdicts, moved)
    outbox.queue(mails)
    _take_receipts(carried)
    undelivered.follow(_failed(verdicts, moved))


def _move(db: Session, verdict: _Verdict, group: Sequence[Carried], now: datetime) -> Sequence[Row[int, str | None]]:
    """The ids of those that were still in the same hands, each with the provider that had accepted it before."""
    values = {name: getattr(verdict, name) for name in _Verdict.__slots__}
    query = update(_deliveries).where(leases.held([each.delivery for each in group]))
    returned = query.values(**values, changed_at=now).returning(_deliveries.c.id, tallies.first_accepted_by)
    return db.execute(returned).all()


def _verdict(db: Session, carried: Carried, now: datetime) -> _Verdict:
    state, explanation = _judged(db, carried)
    delivery = carried.delivery
    retrying = state == State.RETRYING
    return _Verdict(
        state=state,
        explanation=explanation[:300],
        provider=carried.tries[-1].provider if carried.tries else delivery.provider,
        reason=_reason(carried, state),
        next_at=now + (_wait(delivery) if retrying else timedelta()),
        attempts=delivery.attempts + len(carried.tries),
        asked_for=delivery.asked_for if retrying else "",
    )


def _judged(db: Session, carried: Carried) -> tuple[State, str]:
    """The state that follows, and why."""
    if carried.canceled:
        return State.CANCELED, carried.canceled
    if carried.expired:
        return State.EXPIRED, TOO_LATE
    if not carried.tries:
        return State.RETRYING, NO_PROVIDER
    last, outcomes = carried.tries[-1], {each.outcome for each in carried.tries}
    if last.outcome == Outcome.ACCEPTED:
        return State.ACCEPTED, ""
    if Outcome.UNKNOWN in outcomes and not _may_repeat(db, carried):
        return State.FAILED, f"{last.explanation} {NOT_REPEATED}"
    refused = last.outcome == Outcome.PERMANENT and (last.final or outcomes == {Outcome.PERMANENT})
    return State.FAILED if refused else State.RETRYING, last.explanation


def _reason(carried: Carried, state: State) -> str:
    """What stopped it, in one word: the provider's code, or our own word where it has none."""
    if state in (State.ACCEPTED, State.CANCELED):
        return ""
    if state == State.EXPIRED or not carried.tries:
        return "expired" if state == State.EXPIRED else "no_provider"
    return carried.tries[-1].provider_code[:40] or carried.tries[-1].outcome


def _may_repeat(db: Session, carried: Carried) -> bool:
    """After an answer was lost: a code that comes twice is the same code, of two links the newer works, and a notice
    that comes twice is a nuisance."""
    if not queues.is_waited_for(carried.delivery.message):
        return False
    before = db.scalar(_unknown_of(carried.delivery)) or 0
    return before + unknown_among(carried.tries) < UNKNOWN_OUTCOMES


def unknown_before(delivery: Delivery) -> int:
    """How many answers were lost in the rounds before this one."""
    if not delivery.attempts:
        return 0
    with extensions.database.connection() as connection:
        return connection.scalar(_unknown_of(delivery)) or 0


def _unknown_of(delivery: Delivery) -> Select[int]:
    return select(func.count()).where(Attempt.delivery_id == delivery.id, Attempt.outcome == Outcome.UNKNOWN)


def unknown_among(tries: Iterable[Try]) -> int:
    return sum(each.outcome == Outcome.UNKNOWN for each in tries)


def _wait(delivery: Delivery) -> timedelta:
    """Until the next round, longer after each."""
    waits = CODE_WAITS if queues.is_waited_for(delivery.message) else NOTICE_WAITS
    return timedelta(seconds=waits[min(delivery.attempts, len(waits) - 1)])


def _rows(carried: Carried) -> Iterator[dict[str, object]]:
    """The attempts, numbered from where the last worker stopped."""
    for number, each in enumerate(carried.tries, carried.delivery.attempts + 1):
        yield {
            "delivery_id": carried.delivery.id,
            "number": number,
            "provider": each.provider,
            "worker": carried.delivery.worker,
            "started_at": each.started_at,
            "finished_at": each.finished_at,
            "outcome": each.outcome,
            "provider_code": each.provider_code[:40],
            "provider_message_id": each.provider_message_id[:80],
            "explanation": each.explanation[:300],
        }


def _tallied(verdicts: dict[_Verdict, list[Carried]], moved: _Moved, now: datetime) -> Iterator[tallies.Key]:
    """What to count of those that moved."""
    for verdict, group in verdicts.items():
        for each in (each for each in group if each.delivery.id in moved):
            delivery = each.delivery
            for tried in each.tries:
                yield tallies.key(delivery, Counted.TRIED, now, tried.provider, tried.outcome)
            if verdict.state == State.ACCEPTED:
                again, at_the_door = moved[delivery.id] is not None, each.tries[-1].started_at
                yield from tallies.accepted(delivery, verdict.provider, at_the_door, now, again=again)
            yield from tallies.stopped(delivery, verdict.state, verdict.provider, verdict.reason, now)


def _take_receipts(carried: Sequence[Carried]) -> None:
    """The receipts that came before the attempts were written down."""
    accepted: dict[str, list[str]] = {}
    for last in (each.tries[-1] for each in carried if each.tries):
        if last.outcome == Outcome.ACCEPTED:
            accepted.setdefault(last.provider, []).append(last.provider_message_id[:80])
    for provider, message_ids in accepted.items():
        with suppress(RedisError):
            receipts.apply_waiting(provider, message_ids)


def _not_taken(verdicts: dict[_Verdict, list[Carried]], moved: _Moved) -> Iterator[Delivery]:
    """Those that no provider takes: none may be asked, each refused us, or each failed in two rounds."""
    for verdict, group in verdicts.items():
        for each in group:
            refused_us = verdict.state == State.FAILED and bool(each.tries) and not each.tries[-1].final
            waits = verdict.state == State.RETRYING and (not each.tries or each.delivery.attempts > 0)
            if each.delivery.id in moved and (refused_us or waits):
                yield each.delivery


def _failed(verdicts: dict[_Verdict, list[Carried]], moved: _Moved) -> Iterator[Delivery]:
    failed = (each.delivery for verdict, group in verdicts.items() if verdict.state == State.FAILED for each in group)
    return (delivery for delivery in failed if delivery.id in moved)


def _tell(verdicts: dict[_Verdict, list[Carried]], moved: _Moved) -> None:
    for verdict, group in verdicts.items():
        for each in group:
            if each.delivery.id in moved:
                told = {"channel": each.delivery.channel, "state": verdict.state}
                log.info("delivery", extra={"reference": each.delivery.reference, **told})
                _measure(verdict, each)
            else:
                log.warning("the outcome came too late", extra={"reference": each.delivery.reference})


def _measure(verdict: _Verdict, carried: Carried) -> None:
    delivery, provider = carried.delivery, carried.tries[-1].provider if carried.tries else "none"
    measures.count(measures.DELIVERIES, delivery.message, delivery.channel, provider, verdict.state)
    for each in carried.tries:
        measures.count(measures.ATTEMPTS, each.provider, each.outcome)
    if verdict.state == State.ACCEPTED:
        waited = carried.tries[-1].started_at - delivery.created_at
        measures.observe(measures.DOOR, delivery.channel, waited.total_seconds())
