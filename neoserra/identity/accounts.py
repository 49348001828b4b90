"""Finding, creating and listing accounts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, bindparam, or_, select, true
from sqlalchemy.exc import IntegrityError

from neoserra import clock, extensions
from neoserra.identity import account_search, configuration, events, names, reachability, records
from neoserra.identity.configuration import NOBODY, Contact
from neoserra.identity.records import NameTaken, Record, RecordRefused
from neoserra.identity.visitor import Actor, Visitor
from neoserra.models import Account, EventKind, ReachProblem, Role

ABANDONED_AFTER = timedelta(days=90)


class State(StrEnum):
    ACTIVE = "active"
    INACTIVE = "inactive"
    LOCKED = "locked"
    ABANDONED = "abandoned"
    NEVER_USED = "never used"


@dataclass(frozen=True, slots=True)
class SignedInAccount:
    """What each page of a signed-in person needs, in the form that Flask-Login expects."""

    id: int
    username: str
    name: str
    role: Role
    language: str
    time_zone: str
    session_epoch: int
    contact: Contact = NOBODY
    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """The epoch is part of it, so that raising the epoch ends every session."""
        return f"{self.id}.{self.session_epoch}"

    @property
    def is_administrator(self) -> bool:
        return self.role == Role.ADMINISTRATOR


_table = Account.__table__
# Built once: every page of a signed-in person asks this, and shows whom to ask for help.
_columns = [_table.c[name] for name in SignedInAccount.__dataclass_fields__ if name != "contact"]
_signed_in = (
    select(*_columns, *configuration.contact_columns)
    .select_from(_table.join(configuration.table, true()))
    .where(_table.c.id == bindparam("account_id"), _table.c.active)
)


def signed_in(identity: str) -> SignedInAccount | None:
    """The account behind what `get_id()` gave, unless it was inactivated or its sessions were ended since."""
    account_id, _, epoch = identity.partition(".")
    account = signed_in_by_id(int(account_id))
    return account if account and account.session_epoch == int(epoch) else None


def signed_in_by_id(account_id: int) -> SignedInAccount | None:
    """The account as a signed-in person, unless it is inactive."""
    with extensions.database.connection() as connection:
        row = connection.execute(_signed_in, {"account_id": account_id}).one_or_none()
    return SignedInAccount(*row[: len(_columns)], Contact(*row[len(_columns) :])) if row else None  # type: ignore[call-arg]


def find(login: str) -> Account | None:
    """The account with this username or email address."""
    key = names.key(login)
    return _one(or_(_table.c.username_key == key, _table.c.email_key == key)) if names.could_exist(key) else None


def by_id(account_id: int) -> Account | None:
    return _one(_table.c.id == account_id)


def with_mobile(e164: str) -> Account | None:
    """Whose mobile number it is."""
    return _one(_table.c.mobile == e164)


def _one(condition: ColumnElement[bool]) -> Account | None:
    with extensions.database.connection() as connection:
        row = connection.execute(select(_table).where(condition)).one_or_none()
    return Account(**row._mapping) if row else None


def every() -> Iterator[Account]:
    """All accounts by username, a few hundred at a time in memory."""
    query, last = select(_table).order_by(_table.c.username_key).limit(500), ""
    while True:
        with extensions.database.connection() as connection:
            rows = connection.execute(query.where(_table.c.username_key > last)).all()
        if not rows:
            return
        yield from (Account(**row._mapping) for row in rows)
        last = rows[-1].username_key


def any_exist() -> bool:
    with extensions.database.connection() as connection:
        return connection.execute(select(_table.c.id).limit(1)).first() is not None


def state(account: Account) -> State:
    """What an account is right now, in one word."""
    if not account.active:
        return State.INACTIVE
    if account.locked_at:
        return State.LOCKED
    if account.last_sign_in_at is None:
        return State.NEVER_USED
    return State.ABANDONED if account.last_sign_in_at < clock.now() - ABANDONED_AFTER else State.ACTIVE


def create(
    *,
    username: str,
    email: str,
    mobile: str = "",
    name: str = "",
    role: Role = Role.USER,
    password_hash: str | None = None,
) -> Account:
    """Keep a new account; the values are as typed.

    Raises:
        names.BadUsername, names.BadEmail, names.BadName, phone_numbers.BadNumber: what is typed cannot be kept.
        NameTaken: somebody else has it.
    """
    try:
        return keep(Record(username, name, email, mobile, role), password_hash)
    except RecordRefused as refusal:
        raise next(iter(refusal.problems.values())) from None


def keep(typed: Record, password_hash: str | None = None, by: Actor | None = None) -> Account:
    """Keep a new account that `by` has made, or the operator.

    Raises:
        RecordRefused: names every field that cannot be kept.
    """
    account = new(records.checked(typed), password_hash)
    try:
        with extensions.database.transaction() as db:
            db.add(account)
            db.flush()
            account_search.note(db, [account])
            events.record_act(db, EventKind.ACCOUNT_CREATED, by, account.id)
    except IntegrityError as error:  # somebody was quicker between the look and the insert
        records.checked(typed)
        raise RecordRefused({"username": NameTaken("username")}) from error
    reachability.examine([account.id], [account.mobile])
    return account


def new(record: Record, password_hash: str | None) -> Account:
    """An account for a record that can be kept, not in the database yet."""
    return Account(
        username=record.username,
        username_key=names.key(record.username),
        name=record.name,
        email=record.email,
        email_key=names.key(record.email),
        mobile=record.mobile or None,
        reach_problem=ReachProblem.UNCONFIRMED_MOBILE if record.mobile else ReachProblem.UNCONFIRMED_EMAIL,
        role=record.role,
        password_hash=password_hash,
        password_changed_at=clock.now() if password_hash else None,
    )


def choose_display(account_id: int, language: str, time_zone: str, visitor: Visitor) -> None:
    """Keep the language and the time zone (an IANA name) in which somebody wants to read."""
    with extensions.database.transaction() as db:
        account = db.get_one(Account, account_id)
        account.language, account.time_zone = language, time_zone
        events.record(db, EventKind.DISPLAY_CHANGED, visitor, account_id, language=language, time_zone=time_zone)
