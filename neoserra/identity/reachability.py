"""Whether codes reach a person, kept on the account so that the people they may not reach are a look in an index.

It is found anew after whatever can change it: the account was saved, a number was asked for, a right code was entered,
a delivery failed. The rules change without any of these (`SMS_COUNTRIES`, the world's telephone numbers), so the
dispatcher goes through all accounts as well, a few at a time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, func, or_, select, update
from sqlalchemy.orm import Session

from neoserra import clock, extensions
from neoserra.identity import codes, phone_numbers
from neoserra.models import LEFT_STATES, Account, Delivery, Message, ReachProblem, State

ROUND = timedelta(hours=1)
AT_A_TIME = 200

_account = Account.__table__.c
_delivery = Delivery.__table__.c
SETTLED = (*LEFT_STATES, State.FAILED)
WHERE_CODES_GO = func.coalesce(_account.mobile, _account.email)


def examine(account_ids: Iterable[int], numbers: Iterable[str | None] = ()) -> None:
    """Find anew whether codes reach these accounts, and the ones that asked for one of `numbers`.

    Called when the change is committed. What is lost when the process dies in between, the next round finds.
    """
    ids, asked_for = list(account_ids), {number for number in numbers if number}
    if ids or asked_for:
        _examine(or_(_account.id.in_(ids), _account.new_mobile.in_(asked_for)))


class Rounds:
    """Goes through all accounts, a few at each step, and once more when an hour has passed since the round began."""

    def __init__(self) -> None:
        self._last_id = 0
        self._began_at: datetime | None = None

    def step(self) -> None:
        if self._last_id == 0:
            if self._began_at and clock.now() < self._began_at + ROUND:
                return
            self._began_at = clock.now()
        ids = _next(self._last_id)
        examine(ids)
        self._last_id = ids[-1] if ids else 0


def prove(db: Session, owner: codes.Owner, expires_at: datetime | None) -> None:
    """A right sign-in code proves the number or address that it was sent to, when it was sent to that one alone.

    `expires_at` tells which code it was.
    """
    same_code = (
        select(Delivery.destination)
        .distinct()
        .where(
            Delivery.account_id == owner.account_id,
            Delivery.browser == owner.browser,
            Delivery.message == Message.SIGN_IN_CODE,
            Delivery.expires_at == expires_at,
        )
    )
    sent_to = db.scalars(same_code).all()
    account = db.get_one(Account, owner.account_id)
    if sent_to == [account.mobile] and not account.mobile_confirmed_at:
        account.mobile_confirmed_at = clock.now()
    if sent_to == [account.email] and not account.email_confirmed_at:
        account.email_confirmed_at = clock.now()


def _next(last_id: int) -> Sequence[int]:
    query = select(_account.id).where(_account.id > last_id).order_by(_account.id).limit(AT_A_TIME)
    with extensions.database.connection() as connection:
        return connection.scalars(query).all()


def _examine(wanted: ColumnElement[bool]) -> None:
    changed = defaultdict(list)
    with extensions.database.connection() as connection:
        for row in connection.execute(_with_what_matters.where(wanted)).all():
            found = _problem(row)
            if found != row.reach_problem:
                changed[found].append(row.id)
        for found, ids in changed.items():
            connection.execute(update(Account).where(_account.id.in_(ids)).values(reach_problem=found))


def _problem(row: Any) -> ReachProblem | None:
    """The worst of them. Nobody sends codes to an inactive account."""
    if not row.active:
        return None
    if row.mobile and not phone_numbers.can_be_texted(row.mobile):
        return ReachProblem.BAD_NUMBER
    if row.last_state == State.FAILED:
        return ReachProblem.FAILED
    if row.asked_by_two:
        return ReachProblem.ASKED_BY_TWO
    if row.mobile:
        return None if row.mobile_confirmed_at else ReachProblem.UNCONFIRMED_MOBILE
    return None if row.email_confirmed_at else ReachProblem.UNCONFIRMED_EMAIL


def _last_state() -> ColumnElement[State]:
    """What became of the last message to where the account's codes go."""
    query = (
        select(_delivery.state)
        .where(_delivery.account_id == _account.id, _delivery.state.in_(SETTLED))
        .where(_delivery.destination == WHERE_CODES_GO)
        .order_by(_delivery.id.desc())
        .limit(1)
    )
    return query.correlate(Account.__table__).scalar_subquery().label("last_state")


def _asked_by_two() -> ColumnElement[bool]:
    other = Account.__table__.alias("other").c
    claims = or_(other.mobile == _account.new_mobile, other.new_mobile == _account.new_mobile)
    return exists().where(other.id != _account.id, claims).correlate(Account.__table__).label("asked_by_two")


_with_what_matters = select(
    _account.id,
    _account.active,
    _account.mobile,
    _account.mobile_confirmed_at,
    _account.email_confirmed_at,
    _account.reach_problem,
    _last_state(),
    _asked_by_two(),
)
