"""Who is signed in right now, and logging them off. What people see of their own sessions is in `sign_ins`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from neoserra import extensions
from neoserra.identity import events, sessions
from neoserra.identity.sessions import OpenSession
from neoserra.identity.visitor import Actor
from neoserra.models import Account, Event, EventKind

MOST_SHOWN = 500

_event = Event.__table__.c
_account = Account.__table__.c


@dataclass(frozen=True, slots=True)
class CurrentUser:
    """One open session; who has several is there several times. `sign_in` is the id of the event it began with."""

    sign_in: int
    account_id: int
    username: str
    name: str
    browser: str
    address: str
    proof: str
    began_at: datetime
    last_seen_at: datetime


def everyone() -> list[CurrentUser]:
    """All open sessions, the one seen last first; at most `MOST_SHOWN` of them."""
    opened = sessions.open_sessions(sessions.accounts_with_sessions())
    opened.sort(key=lambda session: session.last_seen_at, reverse=True)
    return _told(opened[:MOST_SHOWN])


def log_off_session(sign_in: int, by: Actor) -> str | None:
    """End the session that began with this sign-in; whose it is or was, and None when nobody ever signed in so."""
    with extensions.database.transaction() as db:
        began = select(_event.account_id).where(_event.id == sign_in, _event.kind == EventKind.SIGNED_IN)
        account = db.get(Account, db.scalar(began) or 0)
        if account is None:
            return None
        ended = [each for each in sessions.open_sessions([account.id]) if each.event_id == sign_in]
        if ended and sessions.end_named(account.id, ended[0].name):
            events.record_act(db, EventKind.LOGGED_OFF, by, account.id, sign_in=sign_in)
    return account.name


def log_off(account_id: int, by: Actor) -> None:
    """End every session of the account, and those that are being opened right now."""
    with extensions.database.transaction() as db:
        db.get_one(Account, account_id, with_for_update=True).session_epoch += 1
        events.record_act(db, EventKind.LOGGED_OFF, by, account_id)
    sessions.end_all(account_id)


def _told(opened: list[OpenSession]) -> list[CurrentUser]:
    """With what the event of each sign-in and the account tell."""
    query = (
        select(_event.id, _event.browser, _event.address, _account.username, _account.name)
        .join_from(Event, Account, _event.account_id == _account.id)
        .where(_event.id.in_([session.event_id for session in opened]))
    )
    with extensions.database.connection() as connection:
        told = {row.id: row for row in connection.execute(query)}
    return [_current_user(session, told[session.event_id]) for session in opened if session.event_id in told]


def _current_user(session: OpenSession, told: Any) -> CurrentUser:
    return CurrentUser(
        sign_in=session.event_id,
        account_id=session.account_id,
        username=told.username,
        name=told.name,
        browser=told.browser,
        address=told.address,
        proof=session.proof,
        began_at=session.began_at,
        last_seen_at=session.last_seen_at,
    )
