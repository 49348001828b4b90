"""Codes that were entered: how many of those that were sent tells whether they arrive, where no receipt does."""

from __future__ import annotations

from collections import Counter
from typing import cast

from sqlalchemy import Table, func, update

from neoserra import clock, extensions
from neoserra.delivery import tallies
from neoserra.delivery.sending import MESSAGES
from neoserra.identity.codes import Owner
from neoserra.models import LEFT_STATES, Counted, Delivery, Message

_deliveries = cast("Table", Delivery.__table__)
_delivery = _deliveries.c


def code_entered(owner: Owner) -> None:
    """Every message that left with this code has done its work, whichever of them the person read."""
    now = clock.now()
    carried = (
        (_delivery.account_id == owner.account_id)
        & (_delivery.browser == owner.browser)
        & (_delivery.message == MESSAGES[owner.purpose])
        & (_delivery.expires_at > now)
        & _delivery.used_at.is_(None)
        & _delivery.state.in_(LEFT_STATES)
    )
    sent_by = func.coalesce(tallies.first_accepted_by, _delivery.provider).label("sent_by")
    query = update(_deliveries).where(carried).values(used_at=now).returning(*_delivery, sent_by)
    with extensions.database.transaction() as db:
        rows = [dict(row._mapping) for row in db.execute(query)]
        used = [(row.pop("sent_by"), Delivery(**row)) for row in rows if row["message"] == Message.SIGN_IN_CODE]
        tallies.add(db, Counter(tallies.key(each, Counted.CODE_USED, each.created_at, by) for by, each in used))
