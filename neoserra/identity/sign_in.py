"""The two steps of signing in: the password, then the code."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import update

from neoserra import clock, extensions, measures
from neoserra.identity import (
    accounts,
    codes,
    events,
    limits,
    lockout,
    password_policy,
    passwords,
    reachability,
    shared_accounts,
    trusted_browsers,
)
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, EventKind, TrustedBrowser


class Proof(StrEnum):
    """How the second factor of a session was proved."""

    CODE = "code"
    TRUSTED_BROWSER = "trusted_browser"
    RESET_LINK = "reset_link"


class SignInRefused(limits.Failure):
    """Unknown name, wrong password, inactive or locked: one answer for all of them (ASVS 6.3.8).

    `locked` is the account that this very try locked, so that its owner can be told.
    """

    def __init__(self, locked: Account | None = None) -> None:
        super().__init__()
        self.locked = locked


@dataclass(frozen=True, slots=True)
class PasswordAccepted:
    account: Account
    browser_is_trusted: bool


def with_password(login: str, password: str, visitor: Visitor) -> PasswordAccepted:
    """Check a username or email address and its password.

    Raises:
        SignInRefused: without a hint at the reason.
        limits.TooManyFailures: this client address has to wait.
    """
    with limits.counting_failures(visitor.address):
        account = accounts.find(login)
        trust = trusted_browsers.find(account.id, visitor.browser) if account else None
        if account is None or not account.active or (account.locked_at and trust is None):
            passwords.matches(password, None)
            raise _refused(account, visitor)
        check_password(account, trust, password, visitor)
    _settle(account, trust, password, visitor)
    return PasswordAccepted(account, trust is not None)


def check_password(
    account: Account,
    trust: TrustedBrowser | None,
    password: str,
    visitor: Visitor,
    event: EventKind = EventKind.SIGN_IN_REFUSED,
) -> None:
    """Check the password of a known account, counting towards its lock; `event` is written down when it is refused.

    Raises:
        SignInRefused: wrong, or tried too often.
    """
    tries = lockout.count_password(account.id, trust)
    if passwords.matches(password, account.password_hash if tries <= lockout.WRONG_PASSWORDS else None):
        lockout.forget_passwords(account.id, trust)
        return
    # One more than that means: right now there are others, or the lock was lost between the count and the commit.
    locked = tries >= lockout.WRONG_PASSWORDS and lockout.lock_by_passwords(account.id, trust, visitor)
    raise _refused(account, visitor, event, locked)


def with_code(owner: codes.Owner, typed: str, visitor: Visitor) -> bool:
    """Check the code; the browser is trusted from now on. True when the account had not known this browser before.

    Raises:
        codes.CodeRefused: a subclass says why. `TooManyWrongCodes` has locked the account.
        limits.TooManyFailures: this client address has to wait.
    """
    expires_at = codes.expiry(owner)
    check_code(owner, typed, visitor)
    with extensions.database.transaction() as db:
        new_browser = trusted_browsers.trust(db, owner.account_id, visitor)
        reachability.prove(db, owner, expires_at)
    reachability.examine([owner.account_id])
    return new_browser


def check_code(owner: codes.Owner, typed: str, visitor: Visitor) -> None:
    """Use a code of any purpose, counting towards the lock. Raises what `with_code` does."""
    with limits.counting_failures(visitor.address):
        try:
            codes.check(owner, typed)
        except codes.CodeRefused as refusal:
            _note_refused_code(owner, visitor, refusal)
            raise


def complete(account_id: int, proof: Proof, visitor: Visitor) -> int:
    """Write down that the person is in; the id of the event, by which lists of sessions know the session."""
    elsewhere = shared_accounts.elsewhere(account_id, visitor.address)
    with extensions.database.transaction() as db:
        db.execute(update(Account).where(Account.id == account_id).values(last_sign_in_at=clock.now()))
        event = events.record(db, EventKind.SIGNED_IN, visitor, account_id, proof=proof)
        db.flush()
        if elsewhere:
            events.record(db, EventKind.TWO_NETWORKS, visitor, account_id, also_from=", ".join(elsewhere))
    measures.count_now(measures.SIGN_INS, proof, "accepted")
    return event.id


def _refused(
    account: Account | None, visitor: Visitor, event: EventKind = EventKind.SIGN_IN_REFUSED, locked: bool = False
) -> SignInRefused:
    with extensions.database.transaction() as db:
        events.record(db, event, visitor, account.id if account else None)
    if event == EventKind.SIGN_IN_REFUSED:
        measures.count_now(measures.SIGN_INS, "password", "refused")
    return SignInRefused(account if locked else None)


def _settle(account: Account, trust: TrustedBrowser | None, password: str, visitor: Visitor) -> None:
    """What a right password leaves behind: the event, and what has become known about the password."""
    values = _learned(account, password)
    with extensions.database.transaction() as db:
        events.record(db, EventKind.PASSWORD_ACCEPTED, visitor, account.id)
        if values:
            none_chosen_meanwhile = Account.password_hash == account.password_hash
            db.execute(update(Account).where(Account.id == account.id, none_chosen_meanwhile).values(values))
        if trust is not None:
            trusted_browsers.note_use(db, trust.id)


def _learned(account: Account, password: str) -> dict[str, Any]:
    """A new hash when the parameters have changed; and that the password has the length that is asked for now."""
    values: dict[str, Any] = {}
    if account.password_hash and passwords.needs_rehash(account.password_hash):
        values["password_hash"] = passwords.hashed(password)
    minimum = password_policy.minimum_length()
    if account.password_minimum < minimum <= len(password):
        values["password_minimum"] = minimum
    return values


def _note_refused_code(owner: codes.Owner, visitor: Visitor, refusal: codes.CodeRefused) -> None:
    details = {"purpose": owner.purpose, "reason": type(refusal).__name__}
    with extensions.database.transaction() as db:
        events.record(db, EventKind.CODE_REFUSED, visitor, owner.account_id, **details)
    if owner.purpose == codes.Purpose.SIGN_IN:
        measures.count_now(measures.SIGN_INS, Proof.CODE, "refused")
    if isinstance(refusal, codes.TooManyWrongCodes):
        lockout.lock_by_codes(owner.account_id, visitor)
