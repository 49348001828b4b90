"""Changing what somebody signs in with: mobile number, email address, password.

A new number or address counts only after a code sent there came back; until then it is `new_mobile` or `new_email`.
Each change burns the live codes, forgets trusted browsers and ends every session of the account (ASVS 7.4.3); the
browser that made the change is let in again by its page.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from neoserra import clock, extensions
from neoserra.identity import (
    account_search,
    accounts,
    codes,
    events,
    limits,
    links,
    lockout,
    names,
    password_policy,
    passwords,
    phone_numbers,
    reachability,
    sessions,
    sign_in,
    trusted_browsers,
)
from neoserra.identity.records import NameTaken
from neoserra.identity.visitor import Visitor
from neoserra.models import Account, EventKind

CONFIRMED_BY = {"new_mobile": codes.Purpose.MOBILE, "new_email": codes.Purpose.EMAIL}


def check_current_password(account_id: int, password: str, visitor: Visitor) -> None:
    """Ask a signed-in person for their password once more; wrong ones count like those at the door.

    Raises:
        sign_in.SignInRefused: `locked` is set when the account is locked now for this browser.
        limits.TooManyFailures: this client address has to wait.
    """
    with limits.counting_failures(visitor.address):
        account = accounts.by_id(account_id)
        trust = trusted_browsers.find(account_id, visitor.browser)
        if account is None or (account.locked_at and trust is None):
            raise sign_in.SignInRefused(account)
        sign_in.check_password(account, trust, password, visitor, EventKind.PASSWORD_REFUSED)


def ask_mobile(account_id: int, typed: str, visitor: Visitor) -> Account:
    """Note the number that a code is going to confirm. Returns the account with it as `new_mobile`.

    Asked for once more, it changes nothing: the code that is under way still counts.

    Raises:
        phone_numbers.BadNumber: or a subclass of it.
        NameTaken: this or another account has the number.
    """
    mobile = phone_numbers.parse(typed)
    given_up = _asked_for(account_id)
    with extensions.database.transaction() as db:
        if db.scalar(select(Account.id).where(Account.mobile == mobile)):
            raise NameTaken("mobile")
        if _asked_anew(db, account_id, "new_mobile", mobile):
            events.record(db, EventKind.MOBILE_ASKED, visitor, account_id, to=phone_numbers.masked_mobile(mobile))
        account = db.get_one(Account, account_id)
    reachability.examine([account_id], [mobile, given_up])
    return account


def ask_email(account_id: int, typed: str, visitor: Visitor) -> Account:
    """Note the address that a code is going to confirm, like `ask_mobile`.

    Raises:
        names.BadEmail: not an address.
        NameTaken: this or another account has the address, or uses it as its username.
    """
    email = names.email(typed)
    with extensions.database.transaction() as db:
        _refuse_taken_email(db, account_id, names.key(email))
        if _asked_anew(db, account_id, "new_email", email):
            events.record(db, EventKind.EMAIL_ASKED, visitor, account_id, to=names.masked_email(email))
        return db.get_one(Account, account_id)


def take_back(account_id: int, field: str, visitor: Visitor) -> None:
    """Forget a number (`new_mobile`) or address (`new_email`) that was asked for and not confirmed."""
    given_up = _asked_for(account_id)
    with extensions.database.transaction() as db:
        if _asked_anew(db, account_id, field, None):
            events.record(db, EventKind.TAKEN_BACK, visitor, account_id, field=field)
    reachability.examine([account_id], [given_up])


def confirm_mobile(owner: codes.Owner, typed: str, visitor: Visitor) -> None:
    """The number that was asked for becomes the one on file.

    Raises:
        codes.CodeRefused: a subclass says why.
        NameTaken: somebody else has confirmed the same number meanwhile.
        limits.TooManyFailures: this client address has to wait.
    """
    sign_in.check_code(owner, typed, visitor)
    try:
        with extensions.database.transaction() as db:
            account = _held(db, owner.account_id)
            if account.new_mobile is None or account.new_mobile != owner.to:
                raise codes.CodeExpired
            account.mobile, account.new_mobile, account.mobile_confirmed_at = account.new_mobile, None, clock.now()
            _changed(db, account, EventKind.MOBILE_CHANGED, visitor)
    except IntegrityError as error:
        raise NameTaken("mobile") from error
    end(owner.account_id, [account.mobile])


def confirm_email(owner: codes.Owner, typed: str, visitor: Visitor) -> None:
    """The address that was asked for becomes the one on file. Raises what `confirm_mobile` does."""
    sign_in.check_code(owner, typed, visitor)
    try:
        with extensions.database.transaction() as db:
            account = _held(db, owner.account_id)
            if account.new_email is None or account.new_email != owner.to:
                raise codes.CodeExpired
            _refuse_taken_email(db, account.id, names.key(account.new_email))
            account.email, account.email_key = account.new_email, names.key(account.new_email)
            account.new_email, account.email_confirmed_at = None, clock.now()
            _changed(db, account, EventKind.EMAIL_CHANGED, visitor)
    except IntegrityError as error:
        raise NameTaken("email") from error
    end(owner.account_id)


def remove_mobile(account_id: int, visitor: Visitor) -> None:
    """From now on codes go by email."""
    with extensions.database.transaction() as db:
        account = _held(db, account_id)
        given_up = [account.mobile, account.new_mobile]
        account.mobile = account.new_mobile = account.mobile_confirmed_at = None
        _changed(db, account, EventKind.MOBILE_REMOVED, visitor)
    end(account_id, given_up)


def change_password(account_id: int, password: str, visitor: Visitor, kind: EventKind) -> None:
    """Keep a new password; `kind` tells how it came about.

    Raises:
        password_policy.WeakPassword: names every rule it breaks; nothing has changed.
    """
    found = accounts.by_id(account_id)
    own: Iterable[str] = (found.username, found.name, found.email) if found else ()
    password_hash = passwords.hashed(password_policy.checked(password, own))
    with extensions.database.transaction() as db:
        account = _held(db, account_id)
        account.password_hash, account.password_changed_at = password_hash, clock.now()
        account.password_minimum = password_policy.minimum_length()
        if kind == EventKind.PASSWORD_RESET:  # a link proves who the person is
            lockout.unlock(db, account_id)
        _changed(db, account, kind, visitor)
    end(account_id)


def _refuse_taken_email(db: Session, account_id: int, key: str) -> None:
    """Both addresses and usernames are typed into one field, so nobody's address may be another's username."""
    as_username = (Account.username_key == key) & (Account.id != account_id)
    if db.scalar(select(Account.id).where((Account.email_key == key) | as_username).limit(1)):
        raise NameTaken("email")


def _asked_for(account_id: int) -> str | None:
    """The number that waits to be confirmed. Somebody else may wait with the same."""
    account = accounts.by_id(account_id)
    return account.new_mobile if account else None


def _asked_anew(db: Session, account_id: int, field: str, value: str | None) -> bool:
    """Note another number or address as the one to confirm, which ends the codes that were to confirm the one before;
    False when it is noted already.

    One statement decides, so that of two requests at the same moment the second ends nothing.
    """
    column = Account.__table__.c[field]
    other = update(Account).where(Account.id == account_id, column.is_distinct_from(value))
    if not db.execute(other.values({field: value}).returning(Account.id)).first():
        return False
    codes.end(account_id, CONFIRMED_BY[field])
    return True


def _held(db: Session, account_id: int) -> Account:
    """The account, which nobody else changes meanwhile: of two epochs raised at the same moment none may be lost."""
    return db.get_one(Account, account_id, with_for_update=True)


def _changed(db: Session, account: Account, kind: EventKind, visitor: Visitor) -> None:
    forget(db, account)
    account.version += 1
    account_search.note(db, [account])
    events.record(db, kind, visitor, account.id)
    db.flush()


def forget(db: Session, account: Account) -> None:
    """What every change takes with it in the same transaction: the trusted browsers, and by the epoch the sessions."""
    account.session_epoch += 1
    trusted_browsers.forget_all(db, account.id)


def end(account_id: int, numbers: Iterable[str | None] = ()) -> None:
    """What a change of one's own takes with it when it is committed: what `end_sign_ins` says, and a link."""
    links.end(account_id)
    end_sign_ins(account_id, numbers)


def end_sign_ins(account_id: int, numbers: Iterable[str | None] = ()) -> None:
    """What every change takes with it when it is committed. `numbers` are those the account has given up or got."""
    codes.burn(account_id)
    sessions.end_all(account_id)
    reachability.examine([account_id], numbers)
