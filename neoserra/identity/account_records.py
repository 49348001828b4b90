"""What an administrator does to somebody's account record.

Everything is an event with who did it. Whatever a person signs in with burns the live codes, forgets the trusted
browsers and ends the sessions when it changes, as if they had changed it themself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from neoserra import clock, extensions
from neoserra.identity import (
    account_search,
    accounts,
    credentials,
    events,
    links,
    lockout,
    names,
    phone_numbers,
    records,
    trusted_browsers,
)
from neoserra.identity.records import NameTaken, Record, RecordRefused
from neoserra.identity.visitor import Actor
from neoserra.models import Account, EventKind, Role

A_MOMENT = timedelta(minutes=1)
SIGNS_IN_WITH = frozenset({"mobile", "email", "role", "active"})
_MASKED: dict[str, Callable[[str], str]] = {"mobile": phone_numbers.masked_mobile, "email": names.masked_email}


@dataclass(frozen=True, slots=True)
class Change:
    """A field that a save changed, with both values as kept."""

    field: str
    old: Any
    new: Any


class SavedMeanwhile(Exception):
    """Somebody else saved the record since the page was opened, so nothing was changed. `saved` is on file now."""

    def __init__(self, saved: Record, version: int) -> None:
        super().__init__()
        self.saved = saved
        self.version = version


class OwnAccount(Exception):
    """Nobody takes administration or the account itself away from themself; `field` says which of the two."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class LastAdministrator(OwnAccount):
    """Without this account nobody could administer."""


def save(account_id: int, typed: Record, version: int, by: Actor) -> list[Change]:
    """Keep what was typed into the record. `version` is the one that was looked at.

    Raises:
        RecordRefused: names every field that cannot be kept.
        SavedMeanwhile: other values than these were saved since that version.
        OwnAccount, LastAdministrator: somebody has to stay.
    """
    try:
        with extensions.database.transaction() as db:
            account, others = _locked(db, account_id)
            changes = _changes(Record.of(account), records.checked(typed, account))
            if changes and account.version != version:
                raise SavedMeanwhile(Record.of(account), account.version)
            _refuse_losing_administrators(account, others, changes, by)
            _apply(db, account, changes, by)
    except IntegrityError as error:  # somebody was quicker between the look and the update
        raise RecordRefused({"username": NameTaken("username")}) from error
    _end(account_id, changes)
    return changes


def created_just_now(typed: Record) -> Account | None:
    """The account that was made of the same record a moment ago, as by the first of two clicks."""
    account = accounts.find(typed.username)
    if account is None or account.created_at < clock.now() - A_MOMENT:
        return None
    values, _problems = records.parsed(typed)
    same = Record(**values, role=typed.role, active=typed.active)
    return account if same == Record.of(account) else None


def set_active(account_id: int, active: bool, by: Actor) -> list[Change]:
    """Inactivate an account or activate it again; nothing happens to one that is so already.

    Raises:
        OwnAccount, LastAdministrator: somebody has to stay.
    """
    with extensions.database.transaction() as db:
        account, others = _locked(db, account_id)
        changes = _changes(Record.of(account), replace(Record.of(account), active=active))
        _refuse_losing_administrators(account, others, changes, by)
        _apply(db, account, changes, by)
    _end(account_id, changes)
    return changes


def unlock(account_id: int, by: Actor) -> None:
    """Lift the lock and start all counts anew; an event only when there was a lock."""
    with extensions.database.transaction() as db:
        account, _others = _locked(db, account_id)
        if account.locked_at:
            events.record_act(db, EventKind.ACCOUNT_UNLOCKED, by, account_id)
        lockout.unlock(db, account_id)


def forget_browsers(account_id: int, by: Actor) -> None:
    """The account has to enter a code in every browser again; an event only when it had not to."""
    with extensions.database.transaction() as db:
        if trusted_browsers.forget_all(db, account_id):
            events.record_act(db, EventKind.BROWSERS_FORGOTTEN, by, account_id)


def _locked(db: Session, account_id: int) -> tuple[Account, list[Account]]:
    """The account, and the other people who can administer, none of whom can stop to until this is over."""
    administrators = and_(Account.role == Role.ADMINISTRATOR, Account.active)
    query = select(Account).where(or_(Account.id == account_id, administrators)).order_by(Account.id)
    found = db.scalars(query.with_for_update(key_share=True)).all()  # events that name two of them may be written
    return next(each for each in found if each.id == account_id), [each for each in found if each.id != account_id]


def _changes(old: Record, new: Record) -> list[Change]:
    before, after = asdict(old), asdict(new)
    return [Change(field, before[field], after[field]) for field in before if before[field] != after[field]]


def _refuse_losing_administrators(account: Account, others: list[Account], changes: list[Change], by: Actor) -> None:
    lost = [each.field for each in changes if (each.field, each.new) in (("role", Role.USER), ("active", False))]
    if lost and account.id == by.account_id:
        raise OwnAccount(lost[0])
    if lost and account.role == Role.ADMINISTRATOR and not others:
        raise LastAdministrator(lost[0])


def _apply(db: Session, account: Account, changes: list[Change], by: Actor) -> None:
    for change in changes:
        _set(account, change)
        _record(db, account.id, change, by)
    if any(change.field in SIGNS_IN_WITH for change in changes):
        credentials.forget(db, account)
    if changes:
        account.version += 1
        db.flush()
        account_search.note(db, [account])


def _set(account: Account, change: Change) -> None:
    """A number or address that an administrator types is not confirmed, and what the person asked for is over."""
    if change.field == "mobile":
        account.mobile, account.mobile_confirmed_at, account.new_mobile = change.new or None, None, None
        return
    setattr(account, change.field, change.new)
    if change.field == "email":
        account.email_key, account.email_confirmed_at, account.new_email = names.key(change.new), None, None
    if change.field == "username":
        account.username_key = names.key(change.new)


def _record(db: Session, account_id: int, change: Change, by: Actor) -> None:
    if change.field == "active":
        kind = EventKind.ACCOUNT_ACTIVATED if change.new else EventKind.ACCOUNT_INACTIVATED
        events.record_act(db, kind, by, account_id)
        return
    told = _MASKED.get(change.field, str)
    old, new = (told(value) if value else "" for value in (change.old, change.new))
    events.record_act(db, EventKind.ACCOUNT_CHANGED, by, account_id, field=change.field, old=old, new=new)


def _end(account_id: int, changes: list[Change]) -> None:
    """What a change takes with it when it is committed. A link goes with the address that it was mailed to, and with
    the account: somebody who was invited keeps theirs when an administrator adds the number."""
    changed = {change.field for change in changes}
    if changed & SIGNS_IN_WITH:
        numbers = [value for change in changes if change.field == "mobile" for value in (change.old, change.new)]
        credentials.end_sign_ins(account_id, numbers)
    if changed & {"email", "active"}:
        links.end(account_id)
