"""Writing the audit log."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from neoserra import extensions
from neoserra.identity.visitor import Actor, Visitor
from neoserra.models import Event, EventKind


def record(
    db: Session,
    kind: EventKind,
    visitor: Visitor | None = None,
    account_id: int | None = None,
    **details: Any,
) -> Event:
    """Add a line to the audit log in the transaction `db`; it stands or falls with what it tells.

    `details` never holds a code, a password, a link or a full number.
    """
    event = Event(
        kind=kind,
        account_id=account_id,
        address=visitor.address if visitor else "",
        browser=visitor.description if visitor else "",
        request_id=visitor.request_id if visitor else "",
        details=details,
    )
    db.add(event)
    return event


def note(kind: EventKind, visitor: Visitor, account_id: int, **details: Any) -> None:
    """Add a line that stands for itself, in a transaction of its own."""
    with extensions.database.transaction() as db:
        record(db, kind, visitor, account_id, **details)


def record_act(db: Session, kind: EventKind, by: Actor | None, account_id: int | None, **details: Any) -> Event:
    """Add a line for what somebody did to an account, if to one; without `by` it was the operator, by a command."""
    event = record(db, kind, by.visitor if by else None, account_id, **details)
    event.actor_id = by.account_id if by else None
    return event
