"""Deliveries newest first, filtered, a page at a time by the indexes alone, so that a million cost what a thousand do.

A page begins behind the last row of the one before (keyset), never at a number. Each thing that can be asked for has
an index of its own, newest first. Where several are asked for, the index that has the fewest hereabouts is walked, and
what else is asked for is looked at row by row. What many have each may be had by few together, and a walk for those
would be long. So a walk ends after `LOOKED_THROUGH` rows: the page tells how far back it looked, and the next one goes
on there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, literal, select, tuple_, union_all

from neoserra import extensions
from neoserra.identity import event_log
from neoserra.identity.event_log import Person
from neoserra.models import Channel, Delivery

PER_PAGE = 50
EXPORTED_AT_A_TIME = 200
LOOKED_THROUGH = 500
PROBED = 50
LAST_DIGITS = 4  # of a number have a column
MOST_PEOPLE = 20
CLOCKS_DIFFER = timedelta(minutes=1)  # rows are numbered in the order of their times, but for so much
BEYOND_ALL = 2**62

_deliveries = Delivery.__table__
_delivery = _deliveries.c
_shown = [
    _delivery[name]
    for name in (
        "id",
        "reference",
        "account_id",
        "message",
        "channel",
        "destination",
        "country",
        "state",
        "explanation",
        "attempts",
        "provider",
        "reason",
        "created_at",
        "changed_at",
        "expires_at",
        "browser",
        "asked_for",
        "used_at",
    )
]


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked for: `values` of the columns in `models.delivery.FILTERED`, at most `MOST_PEOPLE` accounts in
    `people` (None: anybody's), a number that ends in `digits`, asked for from `since` on and before `until`."""

    values: Mapping[str, Any] = field(default_factory=dict)
    people: tuple[int, ...] | None = None
    digits: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """A delivery and whom it is for, when that is known."""

    delivery: Delivery
    person: Person | None


@dataclass(frozen=True, slots=True)
class Page:
    """`newer` and `older` are the ids that the pages beside this one begin at, or None. `looked_back_to` is when the
    last row was asked for that was looked at, where the page is not full and there may be more behind it."""

    lines: list[Listed]
    newer: int | None
    older: int | None
    looked_back_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Asked:
    """What columns equal, each of which has an index; and with which digits columns end."""

    equal: dict[str, Any]
    endings: dict[str, str]

    def conditions(self, columns: Any) -> list[ColumnElement[bool]]:
        equal = [columns[name] == value for name, value in self.equal.items()]
        return equal + [columns[name].endswith(digits) for name, digits in self.endings.items()]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """The rows with ids between `low` and `high`, both not among them, and with times in question."""

    low: int
    high: int
    times: list[ColumnElement[bool]]
    backwards: bool

    def turned(self, column: Any) -> Any:
        return column if self.backwards else column.desc()


def page(search: Search, *, after: int | None = None, before: int | None = None, most: int = PER_PAGE) -> Page:
    """The page of older deliveries behind `after`, of newer ones before `before`, or the newest."""
    backwards = before is not None
    with extensions.database.connection() as connection:
        found, reached = _find(connection, search, after, before, most + 1)
        more, shown = len(found) > most, found[:most]
        if backwards:
            shown.reverse()
        lines = _lines(connection, shown)
        looked_back_to = _asked_at(connection, reached) if reached and not more else None
    first, last = (lines[0].delivery.id, lines[-1].delivery.id) if lines else (before, after)
    if backwards:
        return Page(lines, first if more else reached, last if lines else before, looked_back_to)
    return Page(lines, first if after and lines else after, last if more else reached, looked_back_to)


def every(search: Search) -> Iterator[Listed]:
    """All of them, newest first, some of them at a time in memory."""
    last: int | None = None
    while True:
        with extensions.database.connection() as connection:
            found, reached = _find(connection, search, last, None, EXPORTED_AT_A_TIME)
            lines = _lines(connection, found)
        yield from lines  # whoever reads slowly holds no connection
        if len(found) < EXPORTED_AT_A_TIME and reached is None:
            return
        last = found[-1].id if len(found) == EXPORTED_AT_A_TIME else reached


def _find(
    connection: Connection, search: Search, after: int | None, before: int | None, most: int
) -> tuple[list[Any], int | None]:
    """At most so many rows, the nearest first; and the id of the row at which the walk ended, where it ended early."""
    if search.people == ():
        return [], None
    asked, stretch = _asked(search), _stretch(connection, search, after, before)
    walks = _walks(connection, search, asked, stretch)
    if not asked.endings and len(asked.equal) <= (0 if search.people else 1):
        if len(walks) == 1:
            return list(connection.execute(walks[0].limit(most))), None
        return _merged(
            connection, [walk.with_only_columns(_delivery.id).limit(most) for walk in walks], stretch, most
        ), None
    each = LOOKED_THROUGH // len(walks)
    found = _merged(connection, [_only(walk.limit(each), asked, stretch, most) for walk in walks], stretch, most)
    if len(found) == most and len(walks) == 1:
        return found, None
    return _within(found, _end(connection, walks, each, stretch), most, stretch)


def _asked(search: Search) -> _Asked:
    equal, digits = dict(search.values), search.digits
    if len(digits) < LAST_DIGITS:
        return _Asked(equal | {"channel": Channel.SMS}, {"last_digits": digits}) if digits else _Asked(equal, {})
    endings = {"destination": digits} if len(digits) > LAST_DIGITS else {}
    return _Asked(equal | {"last_digits": digits[-LAST_DIGITS:]}, endings)


def _stretch(connection: Connection, search: Search, after: int | None, before: int | None) -> _Stretch:
    low, high = before or 0, after or BEYOND_ALL
    times: list[ColumnElement[bool]] = []
    if search.since:
        low = max(low, _last_before(connection, search.since - CLOCKS_DIFFER) or 0)
        times.append(_delivery.created_at >= search.since)
    if search.until:
        high = min(high, _first_since(connection, search.until + CLOCKS_DIFFER) or BEYOND_ALL)
        times.append(_delivery.created_at < search.until)
    return _Stretch(low, high, times, before is not None)


def _first_since(connection: Connection, moment: datetime) -> int | None:
    query = select(_delivery.id).where(_delivery.created_at >= moment).order_by(_delivery.created_at, _delivery.id)
    return connection.scalar(query.limit(1))


def _last_before(connection: Connection, moment: datetime) -> int | None:
    keys = _delivery.created_at.desc(), _delivery.id.desc()
    query = select(_delivery.id).where(_delivery.created_at < moment).order_by(*keys)
    return connection.scalar(query.limit(1))


def _walks(connection: Connection, search: Search, asked: _Asked, stretch: _Stretch) -> list[Select[Any]]:
    """The rows of each person, those of the index that has the fewest hereabouts, or all rows."""
    if search.people:
        return [_walk(stretch, "account_id", person) for person in search.people]
    return [_walk(stretch, *_rarest(connection, asked.equal, stretch))]


def _rarest(connection: Connection, equal: dict[str, Any], stretch: _Stretch) -> tuple[str, Any]:
    """The index that has to be followed furthest for the same number of rows, or that has not so many."""
    if len(equal) <= 1:
        return next(iter(equal.items()), ("", None))
    probes = [_walk(stretch, *each).with_only_columns(_delivery.id).offset(PROBED).limit(1) for each in equal.items()]
    ends = connection.execute(select(*(probe.scalar_subquery() for probe in probes))).one()
    if None in ends:
        return list(equal.items())[ends.index(None)]
    return list(equal.items())[ends.index(max(ends) if stretch.backwards else min(ends))]


def _walk(stretch: _Stretch, name: str = "", value: Any = None) -> Select[Any]:
    """Along one index. PostgreSQL is given whole keys to compare, so that it takes no other index for the order;
    SQLite takes the right one for plain conditions, and would use half of such a key."""
    id_, low, high = _delivery.id, stretch.low, stretch.high
    query = select(*_shown).where(*stretch.times)
    if not name:
        return query.where(id_ > low, id_ < high).order_by(stretch.turned(id_))
    column = _delivery[name]
    query = query.order_by(stretch.turned(column), stretch.turned(id_))
    if extensions.database.url.get_backend_name() == "sqlite":
        return query.where(column == value, id_ > low, id_ < high)
    ends = (tuple_(literal(value, column.type), literal(end, id_.type)) for end in (low, high))
    return query.where(tuple_(column, id_) > next(ends), tuple_(column, id_) < next(ends))


def _only(walk: Select[Any], asked: _Asked, stretch: _Stretch, most: int) -> Select[Any]:
    """Of the rows of a walk the ids of those that are asked for. The walk reads no more columns than it has to."""
    names = {*asked.equal, *asked.endings}
    rows = walk.with_only_columns(_delivery.id, *(_delivery[name] for name in names)).subquery()
    return select(rows.c.id).where(*asked.conditions(rows.c)).order_by(stretch.turned(rows.c.id)).limit(most)


def _merged(connection: Connection, parts: list[Select[Any]], stretch: _Stretch, most: int) -> list[Any]:
    """The rows with the nearest of the ids that the parts find."""
    ids = parts[0]
    if len(parts) > 1:
        both = union_all(*(select(part.subquery()) for part in parts)).subquery()
        ids = select(both.c.id).order_by(stretch.turned(both.c.id)).limit(most)
    query = select(*_shown).where(_delivery.id.in_(ids)).order_by(stretch.turned(_delivery.id))
    return list(connection.execute(query))


def _end(connection: Connection, walks: list[Select[Any]], each: int, stretch: _Stretch) -> int | None:
    """The nearest id at which one of the walks ended because it was long; None when all came to their end."""
    lasts = (walk.with_only_columns(_delivery.id).offset(each - 1).limit(1).scalar_subquery() for walk in walks)
    ends = [end for end in connection.execute(select(*lasts)).one() if end is not None]
    return (min if stretch.backwards else max)(ends) if ends else None


def _within(found: list[Any], end: int | None, most: int, stretch: _Stretch) -> tuple[list[Any], int | None]:
    """Without the rows behind the place up to which all walks came."""
    if end is not None:
        found = [row for row in found if (row.id <= end if stretch.backwards else row.id >= end)]
    return found, end if len(found) < most else None


def _asked_at(connection: Connection, delivery_id: int) -> datetime | None:
    return connection.scalar(select(_delivery.created_at).where(_delivery.id == delivery_id))


def _lines(connection: Connection, rows: Sequence[Any]) -> list[Listed]:
    people = event_log.people_with(connection, {row.account_id for row in rows if row.account_id})
    return [Listed(Delivery(**row._mapping), people.get(row.account_id)) for row in rows]
