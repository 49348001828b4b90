"""Where and how somebody signed in: for the lists that a person reads about themself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select

from neoserra import extensions
from neoserra.identity import events, sessions
from neoserra.identity.codes import Purpose
from neoserra.identity.visitor import Visitor
from neoserra.models import Event, EventKind

SHOWN = 20

_event = Event.__table__.c
_at_the_door = or_(
    _event.kind.in_([EventKind.SIGNED_IN, EventKind.SIGN_IN_REFUSED]),
    and_(_event.kind == EventKind.CODE_REFUSED, Event.details["purpose"].as_string() == Purpose.SIGN_IN),
)


@dataclass(frozen=True, slots=True)
class OpenSignIn:
    """A session that lasts, known by the event of its sign-in, with what that event tells."""

    event_id: int
    browser: str
    address: str
    since: datetime
    last_seen: datetime


def latest(account_id: int) -> list[Event]:
    """The last sign-ins of the account, refused ones too, newest first."""
    query = select(Event.__table__).where(_event.account_id == account_id, _at_the_door)
    with extensions.database.connection() as connection:
        found = connection.execute(query.order_by(_event.at.desc(), _event.id.desc()).limit(SHOWN))
        return [Event(**row._mapping) for row in found]


def open_now(account_id: int) -> list[OpenSignIn]:
    """The sessions of the account that last, the one used last first."""
    found = sessions.open_sessions([account_id])
    query = select(_event.id, _event.browser, _event.address).where(_event.id.in_([one.event_id for one in found]))
    with extensions.database.connection() as connection:
        told = {row.id: row for row in connection.execute(query)}
    listed = [
        OpenSignIn(one.event_id, told[one.event_id].browser, told[one.event_id].address, one.began_at, one.last_seen_at)
        for one in found
        if one.event_id in told
    ]
    return sorted(listed, key=lambda one: one.last_seen, reverse=True)


def end(account_id: int, event_id: int, visitor: Visitor) -> bool:
    """End the session that began with this sign-in, if it lasts; False when the account never signed in so."""
    own = select(_event.id).where(
        _event.id == event_id, _event.account_id == account_id, _event.kind == EventKind.SIGNED_IN
    )
    with extensions.database.transaction() as db:
        if db.scalar(own) is None:
            return False
        ended = [one for one in sessions.open_sessions([account_id]) if one.event_id == event_id]
        if ended and sessions.end_named(account_id, ended[0].name):
            events.record(db, EventKind.SESSION_ENDED, visitor, account_id, sign_in=event_id)
    return True
