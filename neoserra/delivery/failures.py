"""What stopped deliveries lately, by provider and reason. Counts come from the tallies, people from the newest rows of
each reason, so that it costs the same at any size."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, func, select

from neoserra import clock, extensions
from neoserra.delivery import message_list
from neoserra.delivery.message_list import Search
from neoserra.identity.event_log import Person
from neoserra.models import Counted, State, Tally

DAY, WEEK = timedelta(days=1), timedelta(days=7)
MOST = 30
PEOPLE_AMONG = 100  # rows of each reason
NAMED = 10

_tally = Tally.__table__.c


@dataclass(frozen=True, slots=True)
class Failure:
    """`provider` is empty: none was asked. `people` are the last ones it happened to, `accounts` how many there are
    among the rows that were looked at, `some` whether there are more rows."""

    provider: str
    reason: str
    last_day: int
    last_week: int
    people: list[Person]
    accounts: int
    some: bool

    @property
    def state(self) -> State:
        return State.EXPIRED if self.reason == "expired" else State.FAILED


def week_began() -> datetime:
    """Of days that are over one sum is left, so a week is eight days at most."""
    return (clock.now() - WEEK).replace(hour=0, minute=0, second=0, microsecond=0)


def by_reason() -> list[Failure]:
    """The most frequent of the week first."""
    lately = func.sum(case((_tally.minute >= clock.now() - DAY, _tally.number), else_=0))
    query = (
        select(_tally.provider, _tally.detail, lately.label("day"), func.sum(_tally.number).label("week"))
        .where(_tally.minute >= week_began(), _tally.counted == Counted.FAILED)
        .group_by(_tally.provider, _tally.detail)
        .order_by(func.sum(_tally.number).desc(), _tally.provider, _tally.detail)
        .limit(MOST)
    )
    with extensions.database.connection() as connection:
        rows = connection.execute(query).all()
    return [_failure(*row) for row in rows]


def _failure(provider: str, reason: str, day: int, week: int) -> Failure:
    search = Search({"provider": provider, "reason": reason}, since=week_began())
    page = message_list.page(search, most=PEOPLE_AMONG)
    people = {line.person.id: line.person for line in page.lines if line.person}
    return Failure(provider, reason, day, week, list(people.values())[:NAMED], len(people), page.older is not None)
