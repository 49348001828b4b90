"""What a provider says later about a message that it accepted: it arrived, or it did not and why.

States move forward only: an accepted delivery becomes delivered or failed, once. A receipt that comes twice or late
changes nothing, not even when the message was sent again since: it speaks of one attempt, and only that of the last
one counts. One that overtakes its attempt, which the worker has yet to write down, waits for it in Redis.
"""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, and_, exists, func, select, update

from neoserra import clock, extensions, measures
from neoserra.delivery import tallies, undelivered
from neoserra.models import LEFT_STATES, Attempt, Delivery, Outcome, State

WAITS_SECONDS = 600
SENDERS = frozenset({"twilio", "sns"})  # the providers whose receipts may come at once

_deliveries = cast("Table", Delivery.__table__)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Receipt:
    """`state` is DELIVERED or FAILED; `code` the provider's, `explanation` a sentence for an administrator. Where the
    receipt tells whom it is about, the destination must be in `to`."""

    provider: str
    message_id: str
    state: State
    code: str = ""
    explanation: str = ""
    to: Sequence[str] = ()


def take(receipt: Receipt) -> bool:
    """Move the delivery on; False while its attempt is not written down, or when there is none."""
    if _apply(receipt):
        return True
    waiting = _key(receipt.provider, receipt.message_id)
    extensions.redis.set(waiting, json.dumps(asdict(receipt)), ex=WAITS_SECONDS, nx=True)  # the first counts, as always
    return _apply(receipt)  # it may have been written down in between


def apply_waiting(provider: str, message_ids: Sequence[str]) -> None:
    """Take the receipts that were there before these attempts."""
    if provider not in SENDERS or not message_ids:
        return
    keys = [_key(provider, message_id) for message_id in message_ids]
    found: Any = [value for value in extensions.redis.mget(keys) if value]
    for value in found:
        receipt = json.loads(value)
        _apply(Receipt(**receipt | {"state": State(receipt["state"])}))


def _apply(receipt: Receipt) -> bool:
    """Whether the attempt was found."""
    accepted = select(Attempt.delivery_id, Attempt.number).where(
        Attempt.provider_message_id == receipt.message_id,
        Attempt.provider == receipt.provider,
        Attempt.outcome == Outcome.ACCEPTED,
    )
    newest = accepted.order_by(Attempt.number.desc()).limit(1)  # a mail has the same Message-ID each time it is sent
    with extensions.database.connection() as connection:
        attempt = connection.execute(newest).first()
    if attempt is None:
        return False
    if moved := _move(receipt, attempt.delivery_id, attempt.number):
        _measure(receipt, moved)
        log.info("receipt", extra={"reference": moved.reference, "state": receipt.state, "code": receipt.code})
        if receipt.state == State.FAILED:
            undelivered.follow([moved])
    return True


def _move(receipt: Receipt, delivery_id: int, number: int) -> Delivery | None:
    """The delivery as it is from now on; None when it was not waiting for a receipt of this attempt."""
    now = clock.now()
    waits = (_deliveries.c.state == State.ACCEPTED) & (_deliveries.c.attempts == number)
    on = update(_deliveries).where(_deliveries.c.id == delivery_id, waits)
    if receipt.to:
        named = [each.lower() for each in receipt.to]  # servers write it as they like
        on = on.where(func.lower(_deliveries.c.destination).in_(named))
    if receipt.state == State.FAILED:
        on = on.where(_deliveries.c.used_at.is_(None) | _has_twin(delivery_id))
    reason = (receipt.code[:40] or "receipt") if receipt.state == State.FAILED else ""
    values = {"state": receipt.state, "explanation": receipt.explanation[:300], "reason": reason, "changed_at": now}
    with extensions.database.transaction() as db:
        row = db.execute(on.values(**values).returning(*_deliveries.c)).first()
        moved = Delivery(**row._mapping) if row else None
        if moved:
            tallies.add(db, Counter(tallies.ended(moved, receipt.state, receipt.provider, reason, now)))
    return moved


def _has_twin(delivery_id: int) -> ColumnElement[bool]:
    """Whether another message left with the same code. Without one, a code that was entered has arrived, whatever a
    receipt says."""
    this, other = _deliveries.alias("this").c, _deliveries.alias("other").c
    same = and_(
        this.id == delivery_id,
        other.id != delivery_id,
        other.account_id == this.account_id,
        other.message == this.message,
        other.browser == this.browser,
        other.expires_at == this.expires_at,
        other.state.in_(LEFT_STATES),
    )
    return exists().where(same)


def _measure(receipt: Receipt, moved: Delivery) -> None:
    measures.observe(measures.RECEIPT, receipt.provider, (moved.changed_at - moved.created_at).total_seconds())
    measures.count_now(measures.DELIVERIES, moved.message, moved.channel, receipt.provider, moved.state)


def _key(provider: str, message_id: str) -> str:
    return extensions.key("receipt", provider, message_id[:80])
