"""Reading the audit log: newest first, filtered, a page at a time by the indexes alone.

A page begins behind the last event of the one before (keyset), never at a number, so that a million events cost what a
thousand do. Events that are more than a year old are deleted by the workers; the database refuses it for younger ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, String, delete, literal, or_, select, tuple_, type_coerce, union_all

from neoserra import clock, extensions
from neoserra.models import Account, Event, EventKind

PER_PAGE = 50
EXPORTED_AT_A_TIME = 500
KEPT = timedelta(days=366)  # a day more than the database insists on, whose clock may differ
DELETED_AT_A_TIME = 1000

_event = Event.__table__.c


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked for: `person` did it or it was done to them, from `since` on and before `until`."""

    person: int | None = None
    kind: EventKind | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Person:
    id: int
    username: str
    name: str


@dataclass(frozen=True, slots=True)
class Line:
    """An event as a line of the log: `who` did it and `whom` it was done to, when that is somebody else.

    What comes from no request was done by nobody's browser: by a command of the operator, or by Neoserra itself.
    """

    id: int
    at: datetime
    kind: EventKind
    who: Person | None
    whom: Person | None
    address: str
    browser: str
    request_id: str
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """`newer` and `older` are the ids that the pages beside this one begin at, or None."""

    lines: list[Line]
    newer: int | None
    older: int | None


def page(search: Search, *, after: int | None = None, before: int | None = None) -> Page:
    """The page of older events behind `after`, of newer ones before `before`, or the newest."""
    backwards = before is not None
    with extensions.database.connection() as connection:
        rows = list(_rows(connection, search, before or after, PER_PAGE + 1, backwards=backwards))
        more = len(rows) > PER_PAGE
        rows = rows[:PER_PAGE]
        if backwards:
            rows.reverse()
        lines = _lines(connection, rows)
    if not lines:
        return Page([], None, None)
    has_newer, has_older = (more, True) if backwards else (after is not None, more)
    return Page(lines, lines[0].id if has_newer else None, lines[-1].id if has_older else None)


def every(search: Search) -> Iterator[Line]:
    """All lines, newest first, a few hundred at a time in memory."""
    last: int | None = None
    while True:
        with extensions.database.connection() as connection:
            lines = _lines(connection, _rows(connection, search, last, EXPORTED_AT_A_TIME))
        if not lines:
            return
        yield from lines
        last = lines[-1].id


def delete_old() -> None:
    """Delete what is more than a year old, some of it at each call."""
    old = select(_event.id).where(_event.at < clock.now() - KEPT).order_by(_event.at).limit(DELETED_AT_A_TIME)
    with extensions.database.connection() as connection:
        ids = connection.execute(old).scalars().all()
        if ids:
            connection.execute(delete(Event).where(_event.id.in_(ids)))


def _rows(
    connection: Connection, search: Search, beside: int | None, most: int, *, backwards: bool = False
) -> Sequence[Any]:
    """At most so many rows behind the event `beside`, or before it with the nearest first."""
    place = None
    if beside is not None:
        place = connection.execute(select(_event.at, _event.id).where(_event.id == beside)).one_or_none()
        if place is None:
            return []
    parts = [_cut(part, place, most, backwards=backwards) for part in _parts(search)]
    if len(parts) == 1:
        return connection.execute(parts[0]).all()
    both = union_all(*(select(part.subquery()) for part in parts)).subquery()
    return connection.execute(_ordered(select(both), both.c, backwards=backwards).limit(most)).all()


def _parts(search: Search) -> list[Select[Any]]:
    """The events in question: in two parts for a person, because each part has an index in its order."""
    query = select(Event.__table__)
    if search.since:
        query = query.where(_event.at >= search.since)
    if search.until:
        query = query.where(_event.at < search.until)
    if search.person is None:
        return [query.where(_event.kind == search.kind) if search.kind else query]
    if search.kind:  # as an expression, so that it is no reason to leave the index of the person
        query = query.where(type_coerce(_event.kind, String) + "" == search.kind.value)
    others = or_(_event.account_id.is_(None), _event.account_id != search.person)
    return [query.where(_event.account_id == search.person), query.where(_event.actor_id == search.person, others)]


def _cut(query: Select[Any], place: Any, most: int, *, backwards: bool) -> Select[Any]:
    if place is not None:
        here = tuple_(literal(place.at, _event.at.type), literal(place.id))
        row = tuple_(_event.at, _event.id)
        query = query.where(row > here if backwards else row < here)
    return _ordered(query, _event, backwards=backwards).limit(most)


def _ordered(query: Select[Any], columns: Any, *, backwards: bool) -> Select[Any]:
    keys = columns.at, columns.id
    return query.order_by(*(key if backwards else key.desc() for key in keys))


def _lines(connection: Connection, rows: Sequence[Any]) -> list[Line]:
    people = people_with(connection, {id_ for row in rows for id_ in (row.account_id, row.actor_id) if id_})
    return [_line(row, people) for row in rows]


def people_with(connection: Connection, ids: set[int]) -> dict[int, Person]:
    """Those accounts as people, by their ids."""
    account = Account.__table__.c
    query = select(account.id, account.username, account.name).where(account.id.in_(ids))
    return {row.id: Person(*row) for row in connection.execute(query)} if ids else {}


def _line(row: Any, people: dict[int, Person]) -> Line:
    concerned, actor = people.get(row.account_id), people.get(row.actor_id)
    who, whom = (actor, concerned) if row.actor_id or not row.request_id else (concerned, None)
    return Line(row.id, row.at, row.kind, who, whom, row.address, row.browser, row.request_id, row.details)
