"""Browsers that are trusted for an account since a right code was entered there.

The `browser` cookie is a random identity and nothing more; trust is a row on the server, dated there, and use does not
prolong it. Several people may share a browser and each has their own row.
"""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, func, select, update
from sqlalchemy.orm import Session

from neoserra import clock, extensions
from neoserra.identity import configuration, events, keys
from neoserra.identity.visitor import Visitor
from neoserra.models import Event, EventKind, TrustedBrowser

IDENTITY = re.compile(r"[A-Za-z0-9_-]{43}")
DELETED_AT_A_TIME = 1000


def new_identity() -> str:
    """What goes into the `browser` cookie: 256 random bits."""
    return secrets.token_urlsafe(32)


def digest(cookie: str | None) -> str:
    """What the server knows the browser by; empty for a missing or made-up cookie."""
    return keys.digest(cookie) if cookie and IDENTITY.fullmatch(cookie) else ""


def find(account_id: int, browser: str) -> TrustedBrowser | None:
    """The trust of this account in this browser, while it lasts."""
    if not browser:
        return None
    row = TrustedBrowser.__table__
    query = _lasting(account_id).where(row.c.browser == browser)
    with extensions.database.connection() as connection:
        found = connection.execute(query).one_or_none()
    return TrustedBrowser(**found._mapping) if found else None


def life() -> timedelta:
    """How long a browser is trusted after a code was entered there."""
    return timedelta(days=configuration.current().trusted_browser_days)


def of_account(account_id: int) -> list[TrustedBrowser]:
    """The browsers that are trusted for the account now, the one used last first."""
    query = _lasting(account_id).order_by(TrustedBrowser.__table__.c.last_used_at.desc())
    with extensions.database.connection() as connection:
        return [TrustedBrowser(**found._mapping) for found in connection.execute(query)]


def trust(db: Session, account_id: int, visitor: Visitor) -> bool:
    """Trust this browser from now on; True when the account had not known it before."""
    now = clock.now()
    query = select(TrustedBrowser).filter_by(account_id=account_id, browser=visitor.browser)
    row = db.scalars(query).one_or_none()
    known = row is not None
    if row is None:
        row = TrustedBrowser(account_id=account_id, browser=visitor.browser)
        row.browsers_then = 1 + _count(db, TrustedBrowser.account_id == account_id)
        row.accounts_then = 1 + _count(db, TrustedBrowser.browser == visitor.browser)
        db.add(row)
    row.description, row.address = visitor.description, visitor.address
    row.trusted_at = row.last_used_at = now
    return not known


def delete_ended() -> None:
    """Delete the rows whose trust is over, some of them at each call."""
    ended = select(TrustedBrowser.id).where(TrustedBrowser.trusted_at <= clock.now() - life()).limit(DELETED_AT_A_TIME)
    with extensions.database.connection() as connection:
        ids = connection.execute(ended).scalars().all()
        if ids:
            connection.execute(delete(TrustedBrowser).where(TrustedBrowser.id.in_(ids)))


def _count(db: Session, condition: ColumnElement[bool]) -> int:
    return db.scalar(select(func.count()).select_from(TrustedBrowser).where(condition)) or 0


def note_use(db: Session, trust_id: int) -> None:
    db.execute(update(TrustedBrowser).where(TrustedBrowser.id == trust_id).values(last_used_at=clock.now()))


def forget_all(db: Session, account_id: int) -> bool:
    """False when there was nothing to forget."""
    all_of_them = delete(TrustedBrowser).where(TrustedBrowser.account_id == account_id)
    return bool(db.scalars(all_of_them.returning(TrustedBrowser.id)).all())


def forget(db: Session, account_id: int, trust_id: int) -> None:
    db.execute(delete(TrustedBrowser).where(TrustedBrowser.account_id == account_id, TrustedBrowser.id == trust_id))


def forget_as_asked(account_id: int, trust_id: int, visitor: Visitor) -> bool:
    """The person themself takes the trust of one browser back, which may be done twice.

    Returns:
        False when no browser of the account is or was known by this id.
    """
    with extensions.database.transaction() as db:
        own = select(TrustedBrowser).filter_by(account_id=account_id, id=trust_id)
        row = db.scalars(own).one_or_none()
        if row is None:
            return _was_forgotten(db, account_id, trust_id)
        db.delete(row)
        events.record(db, EventKind.BROWSER_FORGOTTEN, visitor, account_id, trust=trust_id, forgotten=row.description)
    return True


def forget_all_as_asked(account_id: int, visitor: Visitor) -> None:
    with extensions.database.transaction() as db:
        forget_all(db, account_id)
        events.record(db, EventKind.BROWSERS_FORGOTTEN, visitor, account_id)


def _was_forgotten(db: Session, account_id: int, trust_id: int) -> bool:
    own = select(Event.id).filter_by(account_id=account_id, kind=EventKind.BROWSER_FORGOTTEN)
    return db.scalar(own.where(Event.details["trust"].as_integer() == trust_id).limit(1)) is not None


def _lasting(account_id: int) -> Select[Any]:
    row = TrustedBrowser.__table__
    return select(row).where(row.c.account_id == account_id, row.c.trusted_at > clock.now() - life())
