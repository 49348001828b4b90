"""What administrators do to deliveries: retry, cancel, send by the other channel.

Each is one UPDATE that says in what state it wants the row, so that pressing twice does it once. What is no longer of
use to the person is not sent again: a code that has ended, been used or been replaced by another, a link that a newer
one or a chosen password has overtaken, a link to nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import cast

from sqlalchemy import Table, tuple_, update

from neoserra import clock, extensions
from neoserra.delivery import bounds, outbox, resets, sending, texts, undelivered
from neoserra.delivery.unlocked import unlocked
from neoserra.identity import accounts, codes, events
from neoserra.identity.visitor import Actor, Visitor
from neoserra.models import WAITING_STATES, Account, Channel, Delivery, EventKind, Message, State

CANCELED = "An administrator canceled it."
STOPPED = (State.FAILED, State.RETRYING)

_deliveries = cast("Table", Delivery.__table__)
_delivery = _deliveries.c


class Dead(StrEnum):
    """Why it is of no use any more to send a message."""

    OVER = "over"
    USED = "used"
    ENDED = "ended"
    NOBODY = "nobody"


def why_dead(delivery: Delivery) -> Dead | None:
    """None while its code or link, or its news, is still good."""
    if delivery.used_at:
        return Dead.USED
    if delivery.expires_at and delivery.expires_at <= clock.now():
        return Dead.OVER
    if delivery.message in texts.PURPOSES:
        return None if _code_lives(delivery) else Dead.ENDED
    if delivery.account_id is None and not delivery.asked_for:
        return Dead.NOBODY
    return Dead.ENDED if delivery.message in texts.LINKS and _link_ended(delivery) else None


def retry(stopped: Sequence[Delivery], by: Actor) -> list[Delivery]:
    """Have those tried again at once that failed or wait for their next try, and were tried no more often since."""
    now = clock.now()
    same = tuple_(_delivery.id, _delivery.attempts).in_([(each.id, each.attempts) for each in stopped])
    values = {"state": State.QUEUED, "explanation": "", "reason": "", "next_at": now, "changed_at": now}
    free = unlocked(same & _delivery.state.in_(STOPPED))
    query = update(_deliveries).where(free).values(**values).returning(*_delivery)
    reasons = {each.id: each.reason for each in stopped}
    with extensions.database.transaction() as db:
        retried = [Delivery(**row._mapping) for row in db.execute(query)] if stopped else []
        for each in retried:
            details = {"reference": each.reference} | ({"stopped_by": reasons[each.id]} if reasons[each.id] else {})
            events.record_act(db, EventKind.DELIVERY_RETRIED, by, each.account_id, **details)
    outbox.queue(retried)
    return retried


def cancel(delivery: Delivery, by: Actor) -> bool:
    """Have it not sent any more. False when it does not wait: it is being sent, was sent, or was stopped."""
    now = clock.now()
    values = {"state": State.CANCELED, "explanation": CANCELED, "asked_for": "", "next_at": now, "changed_at": now}
    waits = (_delivery.id == delivery.id) & _delivery.state.in_(WAITING_STATES)
    with extensions.database.transaction() as db:
        done = db.scalars(update(_deliveries).where(waits).values(**values).returning(_delivery.id)).first()
        if done:
            details = {"reference": delivery.reference}
            events.record_act(db, EventKind.DELIVERY_CANCELED, by, delivery.account_id, **details)
    if done:
        undelivered.open_the_gaps([delivery])
    return done is not None


def other_way(delivery: Delivery, account: Account | None) -> sending.Way | None:
    """By which other channel a sign-in code can go, and where to."""
    if account is None or delivery.message != Message.SIGN_IN_CODE:
        return None
    if delivery.channel == Channel.SMS:
        return Channel.EMAIL, account.email
    return (Channel.SMS, account.mobile) if account.mobile else None


def send_otherwise(delivery: Delivery, account: Account, way: sending.Way, by: Actor) -> Delivery:
    """Send the live code by the other channel as well.

    Raises:
        bounds.Full: nothing was sent; by `GAP` when it went there a moment ago.
    """
    bounds.take_otherwise(texts.owner(delivery), *way)
    asked = Visitor(delivery.address, delivery.browser, delivery.browser_description, request_id="")
    other = sending.new_delivery(account, delivery.message, way, asked)
    other.language, other.expires_at = delivery.language, delivery.expires_at
    return outbox.put(other, by.visitor, EventKind.DELIVERY_SENT_OTHERWISE, by.account_id)


def _link_ended(delivery: Delivery) -> bool:
    """Whose it is may still have to be looked up: the worker judges it then."""
    account = accounts.by_id(delivery.account_id or 0)
    return account is not None and resets.reason_against(delivery, account) != ""


def _code_lives(delivery: Delivery) -> bool:
    """Whether the code that it carried is the live one. Its hour tells it from others."""
    if delivery.account_id is None:
        return False
    owner = texts.owner(delivery)
    expires_at = codes.expiry(owner)
    if expires_at is None or expires_at != delivery.expires_at:
        return False
    account = accounts.by_id(owner.account_id) if owner.to else None
    return not owner.to or (account is not None and getattr(account, sending.CONFIRMED[owner.purpose][1]) == owner.to)
