"""A delivery is written before it is queued: what Redis never hears of or forgets, the dispatcher finds in the row."""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Iterable

from redis.exceptions import RedisError
from sqlalchemy.exc import IntegrityError

from neoserra import extensions
from neoserra.delivery import queues
from neoserra.identity import events
from neoserra.identity.visitor import Visitor
from neoserra.models import Delivery, EventKind

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # without vowels there are no words
LENGTH = 8
REFERENCE = re.compile(f"[{LETTERS}]{{{LENGTH}}}")
TRIES = 5

log = logging.getLogger(__name__)


def put(delivery: Delivery, visitor: Visitor, event: EventKind | None = None, actor_id: int | None = None) -> Delivery:
    """Give the delivery a reference, commit it together with `event`, and queue it. `actor_id` is who wanted it sent,
    where that is not the person who gets it."""
    for tries_left in reversed(range(TRIES)):
        delivery.reference = new_reference()
        try:
            _write(delivery, visitor, event, actor_id)
            break
        except IntegrityError:  # one reference in billions is taken
            if not tries_left:
                raise
    queue([delivery])
    return delivery


def new_reference() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(LENGTH))


def _write(delivery: Delivery, visitor: Visitor, event: EventKind | None, actor_id: int | None) -> None:
    with extensions.database.transaction() as db:
        db.add(delivery)
        if event:
            details = {"reference": delivery.reference, "channel": delivery.channel, "message": delivery.message}
            events.record(db, event, visitor, delivery.account_id, **details).actor_id = actor_id


def queue(deliveries: Iterable[Delivery]) -> None:
    """Put what is committed into its queues, where Redis can be reached; the dispatcher finds the others."""
    references: dict[str, list[str]] = {}
    for each in deliveries:
        references.setdefault(queues.name_for(each.message), []).append(each.reference)
    for name, group in references.items():
        try:
            queues.put(name, group)
        except RedisError:
            log.warning("not queued, left to the dispatcher", extra={"references": group})
