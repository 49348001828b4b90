"""Guessing is bounded without locking people out.

Five wrong passwords in a row lock the account for every browser that it does not trust. A trusted browser has a count
of its own: somebody who guesses elsewhere does not keep its owner from working, and one who guesses on it loses its
trust. Ten wrong codes in a row lock as well; who tries codes knows the password, so all trust is forgotten then.

A count is raised before the guess is looked at and judged on the number that came back, so that guesses made at the
same moment count like guesses made one after the other (ASVS 2.3.4, 15.4.2).
"""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.orm import Session

from neoserra import clock, extensions
from neoserra.identity import codes, events, trusted_browsers
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, EventKind, TrustedBrowser

WRONG_PASSWORDS = 5
KEPT_SECONDS = 90 * 24 * 3600


def count_password(account_id: int, trust: TrustedBrowser | None) -> int:
    """Count one more password for the account, or for its trusted browser; how many in a row that makes."""
    pipeline = extensions.redis.pipeline()
    pipeline.hincrby(_key(account_id), _field(trust), 1)
    pipeline.expire(_key(account_id), KEPT_SECONDS)
    return int(pipeline.execute()[0])


def forget_passwords(account_id: int, trust: TrustedBrowser | None) -> None:
    """The password was right: start counting anew."""
    extensions.redis.hdel(_key(account_id), _field(trust))


def lock_by_passwords(account_id: int, trust: TrustedBrowser | None, visitor: Visitor) -> bool:
    """Too many wrong passwords: lock the account, and forget the trust of the browser they came from.

    Returns:
        False when it was locked already.
    """
    with extensions.database.transaction() as db:
        if trust is not None:
            trusted_browsers.forget(db, account_id, trust.id)
        return _lock(db, account_id, visitor, "passwords")


def lock_by_codes(account_id: int, visitor: Visitor) -> bool:
    """Too many wrong codes: lock the account and forget all its trusted browsers; False when it was locked already."""
    with extensions.database.transaction() as db:
        trusted_browsers.forget_all(db, account_id)
        return _lock(db, account_id, visitor, "codes")


def unlock(db: Session, account_id: int) -> None:
    """Lift the lock and start every count anew."""
    db.execute(update(Account).where(Account.id == account_id).values(locked_at=None))
    extensions.redis.delete(_key(account_id))


def _lock(db: Session, account_id: int, visitor: Visitor, reason: str) -> bool:
    codes.burn(account_id)
    unlocked = update(Account).where(Account.id == account_id, Account.locked_at.is_(None))
    if not db.execute(unlocked.values(locked_at=clock.now()).returning(Account.id)).first():
        return False
    events.record(db, EventKind.ACCOUNT_LOCKED, visitor, account_id, reason=reason)
    return True


def _key(account_id: int) -> str:
    return extensions.key("failures", account_id)


def _field(trust: TrustedBrowser | None) -> str:
    return f"password:{trust.browser[:22]}" if trust else "password"
