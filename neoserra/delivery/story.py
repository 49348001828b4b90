"""The story of one delivery, put together from its row, its attempts and the audit log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice

from neoserra import clock, extensions
from neoserra.delivery import history, outbox, texts
from neoserra.identity import codes, event_log
from neoserra.identity.event_log import Line, Search
from neoserra.models import Attempt, Delivery, EventKind, Outcome, State

MOST_EVENTS = 500
SAME_ACT = timedelta(seconds=10)  # between what an administrator did and the notice of it
CODES_SECOND = timedelta(seconds=1)  # the hour of a code begins at a whole second
ACTS = frozenset({EventKind.DELIVERY_RETRIED, EventKind.DELIVERY_CANCELED})

_deliveries = Delivery.__table__
_delivery = _deliveries.c


class Happened(StrEnum):
    """In the order in which they come when they come at one time."""

    ASKED = "asked"
    CODE_MADE = "code_made"
    QUEUED = "queued"
    PICKED_UP = "picked_up"
    TRIED = "tried"
    ARRIVED = "arrived"
    CAME_BACK = "came_back"
    WRONG_CODE = "wrong_code"
    ENTERED = "entered"
    RETRIED = "retried"
    CANCELED = "canceled"
    EXPIRED = "expired"
    CODE_ENDED = "code_ended"


@dataclass(frozen=True, slots=True)
class Step:
    """What happened, with the attempt or the line of the audit log that tells more."""

    at: datetime
    happened: Happened
    attempt: Attempt | None = None
    line: Line | None = None


def find(reference: str) -> Delivery | None:
    """None as well for what can be no reference, so that nothing odd ever reaches the database."""
    if not outbox.REFERENCE.fullmatch(reference):
        return None
    return next(iter(history.found(_deliveries.select().where(_delivery.reference == reference))), None)


def attempts(delivery: Delivery) -> list[Attempt]:
    """The tries of providers, the first first."""
    attempt = Attempt.__table__
    query = attempt.select().where(attempt.c.delivery_id == delivery.id).order_by(attempt.c.number)
    with extensions.database.connection() as connection:
        return [Attempt(**row._mapping) for row in connection.execute(query)]


def carrying_the_same(delivery: Delivery) -> list[Delivery]:
    """The other messages with the same code, newest first."""
    if delivery.message not in texts.PURPOSES or delivery.expires_at is None:
        return []
    made = delivery.expires_at - timedelta(seconds=codes.LIFE_SECONDS)
    query = (
        _deliveries.select()
        .where(_delivery.account_id == delivery.account_id, _delivery.id != delivery.id)
        .where(_delivery.created_at >= made - SAME_ACT, _delivery.created_at <= delivery.expires_at)
        .where(_delivery.browser == delivery.browser, _delivery.message == delivery.message)
        .where(_delivery.expires_at == delivery.expires_at)
        .order_by(_delivery.id.desc())
        .limit(MOST_EVENTS)
    )
    return history.found(query)


def steps(delivery: Delivery, tries: list[Attempt]) -> list[Step]:
    """What happened, the first first."""
    lines = list(_lines(delivery))
    found = [*_asked(delivery, lines), *_carried(delivery, tries), *_ended(delivery, tries), *_told(delivery, lines)]
    order = list(Happened)
    return sorted(found, key=lambda step: (step.at, order.index(step.happened)))


def _lines(delivery: Delivery) -> Iterable[Line]:
    """What the audit log says of the person, or of acts on messages to nobody, from a moment before to its end."""
    since = delivery.created_at - SAME_ACT
    until = max(delivery.expires_at or since, delivery.changed_at) + SAME_ACT
    if delivery.account_id:
        return islice(event_log.every(Search(person=delivery.account_id, since=since, until=until)), MOST_EVENTS)
    acts = (event_log.every(Search(kind=kind, since=since, until=until)) for kind in sorted(ACTS))
    return (line for act in acts for line in islice(act, MOST_EVENTS))


def _asked(delivery: Delivery, lines: list[Line]) -> Iterator[Step]:
    """By whom, and when the hour of its code began: before, when the code is said again."""
    own = [line for line in lines if _names(line, delivery) and line.kind not in ACTS]
    if not own and not delivery.address:
        own = [line for line in lines if line.whom and line.at <= delivery.created_at]
    yield Step(delivery.created_at, Happened.ASKED, line=own[0] if own else None)
    if delivery.message in texts.PURPOSES and delivery.expires_at:
        made = delivery.expires_at - timedelta(seconds=codes.LIFE_SECONDS)
        at_once = delivery.created_at - made < CODES_SECOND
        yield Step(delivery.created_at if at_once else made, Happened.CODE_MADE)
    yield Step(delivery.created_at, Happened.QUEUED)


def _carried(delivery: Delivery, tries: list[Attempt]) -> Iterator[Step]:
    """A worker takes it for a round of tries, one right after the other."""
    last: Attempt | None = None
    for each in tries:
        if last is None or each.worker != last.worker or each.started_at - last.finished_at > CODES_SECOND:
            yield Step(each.started_at, Happened.PICKED_UP, attempt=each)
        yield Step(each.started_at, Happened.TRIED, attempt=each)
        last = each
    if delivery.state == State.SENDING:
        yield Step(delivery.changed_at, Happened.PICKED_UP)


def _ended(delivery: Delivery, tries: list[Attempt]) -> Iterator[Step]:
    taken = bool(tries) and tries[-1].outcome == Outcome.ACCEPTED
    ends = {
        State.DELIVERED: Happened.ARRIVED,
        State.EXPIRED: Happened.EXPIRED,
        State.CANCELED: Happened.CANCELED,
    }
    if delivery.state == State.FAILED and taken:
        yield Step(delivery.changed_at, Happened.CAME_BACK)
    elif delivery.state in ends:
        yield Step(delivery.changed_at, ends[delivery.state])
    if delivery.used_at:
        yield Step(delivery.used_at, Happened.ENTERED)
    elif delivery.message in texts.PURPOSES and delivery.expires_at and delivery.expires_at <= clock.now():
        yield Step(delivery.expires_at, Happened.CODE_ENDED)


def _told(delivery: Delivery, lines: list[Line]) -> Iterator[Step]:
    """Retries, and wrong tries of the code in the browser that asked for it."""
    purpose = texts.PURPOSES.get(delivery.message)
    for line in lines:
        if line.kind == EventKind.DELIVERY_RETRIED and _names(line, delivery):
            yield Step(line.at, Happened.RETRIED, line=line)
        refused = line.kind == EventKind.CODE_REFUSED and line.details.get("purpose") == purpose
        if refused and line.browser == delivery.browser_description and _may_be_of(line, delivery):
            yield Step(line.at, Happened.WRONG_CODE, line=line)


def _may_be_of(line: Line, delivery: Delivery) -> bool:
    end = delivery.used_at or delivery.expires_at or line.at
    return delivery.created_at <= line.at <= end


def _names(line: Line, delivery: Delivery) -> bool:
    return line.details.get("reference") == delivery.reference
