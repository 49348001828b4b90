"""Accounts a page at a time: searched, filtered and sorted by indexes alone, so that 100,000 cost what 1,000 do.

A page begins behind the last row of the one before (keyset), never at a number. Its rows come in one of three ways.
Where one of the things asked for finds few accounts, these are gathered and sorted. Where the only one finds many, the
index of the order is walked until the page is full. Where several find many each, what they have in common is gathered
and sorted; that alone takes longer the more there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, exists, func, literal, null, select, tuple_

from neoserra import clock, extensions
from neoserra.identity import account_search
from neoserra.identity.accounts import ABANDONED_AFTER, State, state
from neoserra.models import Account, AccountWord, ReachProblem, Role

PER_PAGE = 50
MOST_COUNTED = 1000
BEYOND_ALL = 2**31 - 1
EXPORTED_AT_A_TIME = 500

_accounts = Account.__table__
_account = _accounts.c
_word = AccountWord.__table__.c


class Filter(StrEnum):
    """What the list can be filtered by: the states of an account, and whether codes may not reach it."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    LOCKED = "locked"
    ABANDONED = "abandoned"
    NEVER_USED = "never used"
    UNREACHABLE = "unreachable"


class Order(StrEnum):
    NAME = "name"
    USERNAME = "username"
    LAST_SIGN_IN = "last_sign_in"


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked for: `typed` words or digits, one state, and an order."""

    typed: str = ""
    state: Filter | None = None
    order: Order = Order.NAME
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """An account as a row of the list."""

    id: int
    username: str
    name: str
    email: str
    mobile: str | None
    role: Role
    reach_problem: ReachProblem | None
    last_sign_in_at: datetime | None
    state: State


@dataclass(frozen=True, slots=True)
class Page:
    """`total` is exact up to `MOST_COUNTED`, one more where there are more, and None where counting would take long.

    `previous` and `next` are the ids that the pages before and behind begin at, or None.
    """

    rows: list[Listed]
    total: int | None
    previous: int | None
    next: int | None


_KEYS = {
    Order.NAME: ("name_order", "id"),
    Order.USERNAME: ("username_key",),
    Order.LAST_SIGN_IN: ("last_sign_in_order", "id"),
}
_FIELDS = ("id", "username", "name", "email", "mobile", "role", "reach_problem", "last_sign_in_at")
_SHOWN = (*_FIELDS, "active", "locked_at")


def page(search: Search, *, after: int | None = None, before: int | None = None) -> Page:
    """The page that begins behind the account `after`, ends before the account `before`, or is the first."""
    backwards = before is not None
    with extensions.database.connection() as connection:
        found = _find(connection, search)
        rows = _rows(connection, found, search, before or after, PER_PAGE + 1, backwards=backwards)
    more = len(rows) > PER_PAGE
    shown = [_listed(row) for row in rows[:PER_PAGE]]
    if not shown:
        return Page([], 0, None, None)
    if backwards:
        shown.reverse()
    has_previous, has_next = (more, True) if backwards else (after is not None, more)
    return Page(shown, rows[0].total, shown[0].id if has_previous else None, shown[-1].id if has_next else None)


def every(search: Search) -> Iterator[Listed]:
    """All rows in their order, a few hundred at a time in memory."""
    last: int | None = None
    while True:
        with extensions.database.connection() as connection:
            rows = _rows(connection, _find(connection, search), search, last, EXPORTED_AT_A_TIME)
        if not rows:
            return
        yield from map(_listed, rows)
        last = rows[-1].id


@dataclass(frozen=True, slots=True)
class _Found:
    """Where the rows come from, and how many there are as in `Page`."""

    source: FromClause
    conditions: list[ColumnElement[bool]]
    total: ColumnElement[Any]


def _find(connection: Connection, search: Search) -> _Found:
    """Ask the indexes how many accounts each part of the search finds. The part that finds few leads to the rows."""
    words = account_search.conditions(search.typed)
    states = [in_state(search.state)] if search.state else []
    parts = [select(_account.id).where(each) for each in states]
    parts += [select(_word.account_id).where(each) for each in words]
    conditions = states + [exists().where(_word.account_id == _account.id, each) for each in words]
    if not parts:
        return _Found(_accounts, [], literal(_count(connection, select(_account.id), MOST_COUNTED)))
    counts = [_count(connection, part, MOST_COUNTED) for part in parts]
    if min(counts) <= MOST_COUNTED:
        leading = counts.index(min(counts))
        conditions[leading] = _account.id.in_(parts[leading])
    elif len(parts) == 1:
        return _Found(_accounts, conditions, null() if words else literal(MOST_COUNTED + 1))
    else:
        # What many have may be had by few together, and a walk for those would be long.
        conditions = [_account.id.in_(parts[0].intersect(*parts[1:]))]
    # The limit is never reached. It keeps both databases from walking the index of the order all the same.
    gathered = select(_accounts, func.count().over().label("total")).where(*conditions).limit(BEYOND_ALL).subquery()
    return _Found(gathered, [], gathered.c.total)


def _count(connection: Connection, part: Select[Any], most: int) -> int:
    """How many rows a query has, up to one more than `most`. An account that has two such words is two rows."""
    return connection.scalar(select(func.count()).select_from(part.limit(most + 1).subquery())) or 0


def _rows(
    connection: Connection, found: _Found, search: Search, beside: int | None, most: int, *, backwards: bool = False
) -> Sequence[Any]:
    """At most so many rows behind the account `beside`, or before it with the nearest first."""
    keys = [found.source.c[name] for name in _KEYS[search.order]]
    falling = search.descending != backwards
    query = select(*(found.source.c[name] for name in _SHOWN), found.total.label("total")).where(*found.conditions)
    query = query.order_by(*(key.desc() if falling else key for key in keys)).limit(most)
    if beside is not None:
        place = select(*(_account[name] for name in _KEYS[search.order])).where(_account.id == beside)
        here = connection.execute(place).one_or_none()
        if here is None:
            return []
        values = tuple_(*(literal(value, key.type) for key, value in zip(keys, here, strict=True)))
        query = query.where(tuple_(*keys) < values if falling else tuple_(*keys) > values)
    return connection.execute(query).all()


def in_state(wanted: Filter) -> ColumnElement[bool]:
    if wanted == Filter.UNREACHABLE:
        return _account.reach_problem.is_not(None)
    abandoned_before = clock.now() - ABANDONED_AFTER
    if wanted == Filter.ABANDONED:
        return and_(_account.standing == "used", _account.last_sign_in_order < abandoned_before)
    if wanted == Filter.ACTIVE:
        return and_(_account.standing == "used", _account.last_sign_in_order >= abandoned_before)
    return _account.standing == wanted


def _listed(row: Any) -> Listed:
    return Listed(**{name: getattr(row, name) for name in _FIELDS}, state=state(row))
