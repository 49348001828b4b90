"""Codes that were entered: how many of those that were sent tells whether they arrive, where no receipt does."""

from __future__ import annotations

from collections import Counter
from typing import cast

from sqlalchemy import Table, func, update

from neoserra import clock, extensions
from neoserra.delivery import tallies
from neoserra.delivery.sending import MESSAGES
from neoserra.delivery.unlocked import unlocked
from neoserra.identity.codes import Owner
from neoserra.models import LEFT_STATES, WAITING_STATES, Counted, Delivery, Message, State

ENTERED = "Its code was entered: it had come another way."

_deliveries = cast("Table", Delivery.__table__)
_delivery = _deliveries.c


def code_entered(owner: Owner) -> None:
    """Every message that left with this code has done its work; one that still waits has none to do.

    The last that was asked for counts as the one that was read: who had the first would not have asked again. So texts
    that never arrive do not look used because a mail with the same code was.
    """
    now = clock.now()
    carried = (
        (_delivery.account_id == owner.account_id)
        & (_delivery.browser == owner.browser)
        & (_delivery.message == MESSAGES[owner.purpose])
        & (_delivery.expires_at > now)
        & _delivery.used_at.is_(None)
    )
    if owner.to:
        carried &= _delivery.destination == owner.to
    sent_by = func.coalesce(tallies.first_accepted_by, _delivery.provider).label("sent_by")
    left = carried & _delivery.state.in_(LEFT_STATES)
    query = update(_deliveries).where(left).values(used_at=now).returning(*_delivery, sent_by)
    needless = {"state": State.CANCELED, "explanation": ENTERED, "next_at": now, "changed_at": now}
    with extensions.database.transaction() as db:
        db.execute(
            update(_deliveries).where(unlocked(carried & _delivery.state.in_(WAITING_STATES))).values(**needless)
        )
        rows = [dict(row._mapping) for row in db.execute(query)]
        used = [(row.pop("sent_by"), Delivery(**row)) for row in rows if row["message"] == Message.SIGN_IN_CODE]
        if used:
            by, newest = max(used, key=lambda each: each[1].id)
            tallies.add(db, Counter([tallies.key(newest, Counted.CODE_USED, newest.created_at, by)]))
